import { luma } from './colour.ts'

export type PngLayout = {
  readonly colour: string
  readonly alpha: boolean
  readonly channels: number
  /** Bits a sample. */
  readonly bits: number
  /** PLTE: RGB triples. */
  readonly palette: Uint8Array | undefined
  /** tRNS: an alpha value for each palette entry, or the one colour that is transparent. */
  readonly transparency: Uint8Array | undefined
}

export type RowReader = {
  /** Writes `columns` pixels of a row to the image, from index `to` in steps of `step`. */
  read(row: Uint8Array, columns: number, to: number, step: number): void
  /** Mean colour spread over all pixels read, as a share of the range. */
  chroma(pixels: number): number
}

/** How rows of this layout become grey samples in `image`. Chosen once: the loops have no branches on the layout. */
export function rowReader(layout: PngLayout, image: Uint16Array): RowReader {
  if (layout.colour === 'palette') return paletteReader(layout, image)
  if (layout.colour === 'grey' && !layout.alpha && layout.transparency === undefined)
    return greyReader(layout, image)
  return generalReader(layout, image)
}

function greyReader({ bits }: PngLayout, image: Uint16Array): RowReader {
  const read: RowReader['read'] =
    bits === 16
      ? (row, columns, to, step) => {
          if (step === 1 && to === 0 && LITTLE_ENDIAN) return swapWords(row, image)
          for (let x = 0, p = 0; x < columns; x++, p += 2, to += step)
            image[to] = (row[p]! << 8) | row[p + 1]!
        }
      : bits === 8
        ? (row, columns, to, step) => {
            for (let x = 0; x < columns; x++, to += step) image[to] = row[x]!
          }
        : (row, columns, to, step) => {
            for (let x = 0; x < columns; x++, to += step) image[to] = packed(row, x, bits)
          }
  return { read, chroma: () => 0 }
}

/**
 * Big-endian words → the first words of an image, two at a time. Both begin at a multiple of four bytes, and their memory
 * ends at one.
 */
function swapWords(row: Uint8Array, image: Uint16Array): void {
  const pairs = (row.length + 3) >> 2
  const from = new Int32Array(row.buffer, row.byteOffset, pairs)
  const to = new Int32Array(image.buffer, image.byteOffset, pairs)
  for (let i = 0; i < pairs; i++) {
    const pair = from[i]!
    to[i] = ((pair & 0xff00ff) << 8) | ((pair >>> 8) & 0xff00ff)
  }
}

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

function paletteReader({ bits, palette, transparency }: PngLayout, image: Uint16Array): RowReader {
  const grey = new Uint16Array(256) // an index outside the palette is black, as libpng has it
  const spread = new Uint16Array(256)
  const entries = Math.min(256, Math.floor(palette!.length / 3))
  for (let i = 0; i < entries; i++) {
    const [r, g, b] = [palette![3 * i]!, palette![3 * i + 1]!, palette![3 * i + 2]!]
    const alpha = transparency?.[i] ?? 255
    grey[i] = overBlack(luma(r, g, b), alpha, 255)
    spread[i] = Math.max(r, g, b) - Math.min(r, g, b)
  }
  let total = 0
  return {
    read(row, columns, to, step) {
      for (let x = 0; x < columns; x++, to += step) {
        const index = bits === 8 ? row[x]! : packed(row, x, bits)
        image[to] = grey[index]!
        total += spread[index]!
      }
    },
    chroma: (pixels) => total / pixels / 255,
  }
}

function generalReader({ bits, channels, alpha, transparency }: PngLayout, image: Uint16Array): RowReader {
  const max = 2 ** bits - 1
  const colours = alpha ? channels - 1 : channels
  const key = colourKey(transparency, colours)
  let total = 0
  return {
    read(row, columns, to, step) {
      for (let x = 0; x < columns; x++, to += step) {
        const at = x * channels
        const r = sample(row, at, bits)
        const g = colours === 3 ? sample(row, at + 1, bits) : r
        const b = colours === 3 ? sample(row, at + 2, bits) : r
        const keyed = key !== undefined && r === key[0] && g === key[1] && b === key[2]
        const opacity = keyed ? 0 : alpha ? sample(row, at + colours, bits) : max
        image[to] = overBlack(luma(r, g, b), opacity, max)
        total += Math.max(r, g, b) - Math.min(r, g, b)
      }
    },
    chroma: (pixels) => total / pixels / max,
  }
}

/** The transparent colour of a tRNS chunk: 16-bit samples, whatever the image's depth. */
function colourKey(transparency: Uint8Array | undefined, colours: number): readonly number[] | undefined {
  if (transparency === undefined || transparency.length < 2 * colours) return undefined
  const key = Array.from(
    { length: colours },
    (_, i) => (transparency[2 * i]! << 8) | transparency[2 * i + 1]!,
  )
  return colours === 3 ? key : [key[0]!, key[0]!, key[0]!]
}

function sample(row: Uint8Array, index: number, bits: number): number {
  if (bits === 8) return row[index]!
  if (bits === 16) return (row[2 * index]! << 8) | row[2 * index + 1]!
  return packed(row, index, bits)
}

/** Samples of 1, 2 or 4 bits lie in a byte from its high end. */
function packed(row: Uint8Array, index: number, bits: number): number {
  const at = index * bits
  return (row[at >> 3]! >> (8 - bits - (at & 7))) & (2 ** bits - 1)
}

const overBlack = (value: number, alpha: number, max: number) => Math.round((value * alpha) / max)
