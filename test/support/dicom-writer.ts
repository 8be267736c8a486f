import { joinBytes } from '@detl/core/base/join-bytes'

/** A value of one element: text, unsigned 16-bit numbers, bytes, or the items of a sequence. */
type ElementValue = string | readonly number[] | Uint8Array | { readonly items: readonly Elements[] }
/** `ggggeeee` → [VR, value] */
export type Elements = Readonly<Record<string, readonly [vr: string, value: ElementValue]>>

export type Encapsulated = {
  readonly fragments: readonly Uint8Array[]
  readonly offsetTable?: readonly number[]
}

const LONG = ['OB', 'OW', 'SQ', 'UN', 'UT']

/** A DICOM Part 10 file, for tests: small, explicit or implicit little endian, or explicit big endian. */
export function writeDicom(
  transferSyntax: string,
  elements: Elements,
  pixels: Uint8Array | Encapsulated | undefined,
  options: { preamble?: boolean; meta?: boolean } = {},
): Uint8Array<ArrayBuffer> {
  const big = transferSyntax === '1.2.840.10008.1.2.2'
  const explicit = transferSyntax !== '1.2.840.10008.1.2'
  const meta = dataSet(
    {
      '00020001': ['OB', Uint8Array.of(0, 1)],
      '00020002': ['UI', '1.2.840.10008.5.1.4.1.1.1.1'],
      '00020003': ['UI', '2.25.1'],
      '00020010': ['UI', transferSyntax],
      '00020012': ['UI', '2.25.4'],
    },
    true,
    false,
  )
  const length = element(
    '00020000',
    'UL',
    Uint8Array.of(meta.length & 255, meta.length >> 8, 0, 0),
    true,
    false,
  )
  const parts = [dataSet(elements, explicit, big)]
  if (options.meta !== false) parts.unshift(length, meta)
  if (options.meta !== false && options.preamble !== false) {
    parts.unshift(new Uint8Array(128), new TextEncoder().encode('DICM'))
  }
  if (pixels instanceof Uint8Array) parts.push(element('7fe00010', 'OW', pixels, explicit, big))
  else if (pixels) parts.push(encapsulate(pixels))
  return joinBytes(parts)
}

function dataSet(elements: Elements, explicit: boolean, big: boolean): Uint8Array {
  const tags = Object.keys(elements).sort()
  return joinBytes(
    tags.map((tag) => {
      const [vr, value] = elements[tag]!
      if (typeof value === 'object' && 'items' in value) {
        const items = value.items.map((item) => {
          const body = dataSet(item, explicit, big)
          return joinBytes([tagBytes('fffee000', big), number(body.length, 4, big), body])
        })
        return element(tag, vr, joinBytes(items), explicit, big)
      }
      return element(tag, vr, valueBytes(value, vr, big), explicit, big)
    }),
  )
}

function valueBytes(value: string | readonly number[] | Uint8Array, vr: string, big: boolean): Uint8Array {
  if (value instanceof Uint8Array) return value
  if (typeof value === 'string') {
    const padded = value.length % 2 ? value + (vr === 'UI' ? '\0' : ' ') : value
    return new TextEncoder().encode(padded)
  }
  return joinBytes(value.map((n) => number(n & 0xffff, 2, big)))
}

function element(tag: string, vr: string, value: Uint8Array, explicit: boolean, big: boolean): Uint8Array {
  const padded = value.length % 2 ? joinBytes([value, Uint8Array.of(0)]) : value
  const head = explicit
    ? [
        new TextEncoder().encode(vr),
        ...(LONG.includes(vr)
          ? [Uint8Array.of(0, 0), number(padded.length, 4, big)]
          : [number(padded.length, 2, big)]),
      ]
    : [number(padded.length, 4, big)]
  return joinBytes([tagBytes(tag, big), ...head, padded])
}

function encapsulate({ fragments, offsetTable = [] }: Encapsulated): Uint8Array {
  const item = (body: Uint8Array) => {
    const even = body.length % 2 ? joinBytes([body, Uint8Array.of(0)]) : body
    return joinBytes([tagBytes('fffee000', false), number(even.length, 4, false), even])
  }
  const table = joinBytes(offsetTable.map((offset) => number(offset, 4, false)))
  return joinBytes([
    tagBytes('7fe00010', false),
    new TextEncoder().encode('OB'),
    Uint8Array.of(0, 0, 255, 255, 255, 255),
    item(table),
    ...fragments.map(item),
    tagBytes('fffee0dd', false),
    number(0, 4, false),
  ])
}

function tagBytes(tag: string, big: boolean): Uint8Array {
  return joinBytes([
    number(Number.parseInt(tag.slice(0, 4), 16), 2, big),
    number(Number.parseInt(tag.slice(4), 16), 2, big),
  ])
}

function number(value: number, bytes: number, big: boolean): Uint8Array {
  const out = new Uint8Array(bytes)
  for (let i = 0; i < bytes; i++) out[big ? bytes - 1 - i : i] = (value / 2 ** (8 * i)) & 255
  return out
}

/** The Image Pixel module of a grey image, and what the gate reads. */
export const chestElements = (
  size: { width: number; height: number },
  pixel: { allocated: 8 | 16; stored: number; high?: number; signed?: boolean; photometric?: string },
  more: Elements = {},
): Elements => ({
  '00080016': ['UI', '1.2.840.10008.5.1.4.1.1.1.1'], // Digital X-Ray Image Storage – For Presentation
  '00080018': ['UI', '2.25.1'],
  '00080060': ['CS', 'DX'],
  '00180015': ['CS', 'CHEST'],
  '00185101': ['CS', 'PA'],
  '0020000D': ['UI', '2.25.2'],
  '0020000E': ['UI', '2.25.3'],
  '00280002': ['US', [1]],
  '00280004': ['CS', pixel.photometric ?? 'MONOCHROME2'],
  '00280010': ['US', [size.height]],
  '00280011': ['US', [size.width]],
  '00280100': ['US', [pixel.allocated]],
  '00280101': ['US', [pixel.stored]],
  '00280102': ['US', [pixel.high ?? pixel.stored - 1]],
  '00280103': ['US', [pixel.signed ? 1 : 0]],
  ...more,
})

/** 16-bit samples as little-endian bytes. */
export const littleEndian = (samples: ArrayLike<number>): Uint8Array =>
  new Uint8Array(Uint16Array.from(samples, (value) => value & 0xffff).buffer)
