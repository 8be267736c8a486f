import { deflateRawSync, deflateSync } from 'node:zlib'
import { joinBytes } from '@detl/core/base/join-bytes'
import type { FileRemark } from '@detl/core/image/file-remark'
import { encodePng } from '@detl/core/image/png-encode'
import { phantom } from '@detl/core/phantom/phantom'
import sharp from 'sharp'
import { chestElements, type Elements, littleEndian, writeDicom } from './dicom-writer.ts'
import { encode } from './encoders.ts'
import { chunk } from './png-writer.ts'

const IMPLICIT = '1.2.840.10008.1.2'
const EXPLICIT = '1.2.840.10008.1.2.1'
const BIG_ENDIAN = '1.2.840.10008.1.2.2'
const DEFLATED = '1.2.840.10008.1.2.1.99'
const RLE = '1.2.840.10008.1.2.5'
const LOSSLESS = '1.2.840.10008.1.2.4.70'
const JPEG_LS = '1.2.840.10008.1.2.4.80'
const JPEG_2000 = '1.2.840.10008.1.2.4.90'

/** A file that readers in hospitals meet, and the sound one whose picture it must give. */
export type OddFile = {
  readonly name: string
  readonly bytes: Uint8Array
  readonly twin: Uint8Array
  readonly remarks: readonly FileRemark[]
}

const { image } = phantom({ seed: 16, width: 118, height: 130, lesions: ['consolidation'] })
const size = { width: image.width, height: image.height }
const elements = chestElements(size, { allocated: 16, stored: 12 })
const pixels = littleEndian(image.data)
const write = (syntax: string, data: Parameters<typeof writeDicom>[2] = pixels, options = {}) =>
  writeDicom(syntax, elements, data, options)
const text = (value: string) => new TextEncoder().encode(value)
const behind = (file: Uint8Array, ...bytes: number[]) => joinBytes([file, Uint8Array.from(bytes)])
const meta = (syntax: string) => writeDicom(syntax, {}, undefined)
const dataSet = (syntax: string) => write(syntax, pixels, { meta: false })
/** A meta group with another Transfer Syntax UID than the data set is written in; '' for none. */
function labelled(label: string, actual: string, data?: Parameters<typeof writeDicom>[2]): Uint8Array {
  const whole = write(actual, data)
  const body = whole.subarray(meta(actual).length)
  const group = meta(label || EXPLICIT)
  const at = Buffer.from(group).indexOf(Uint8Array.of(2, 0, 0x10, 0))
  const next = at + 8 + group[at + 6]!
  const without = joinBytes([group.subarray(0, at), group.subarray(next)])
  return joinBytes([label === '' ? without : group, body])
}
/** What ends a sequence of fragments: FFFE,E0DD and a length of 0. */
const DELIMITER = 8

/** All of them, made anew at each call. */
export async function oddFiles(): Promise<OddFile[]> {
  const files: OddFile[] = []
  const add = (name: string, twin: Uint8Array, bytes: Uint8Array, ...remarks: FileRemark[]) =>
    files.push({ name, bytes, twin, remarks })
  const twin = write(EXPLICIT)
  addDeflated((name, bytes, ...remarks) => add(`deflated DICOM, ${name}`, twin, bytes, ...remarks))
  addNative((name, bytes, ...remarks) => add(`DICOM, ${name}`, twin, bytes, ...remarks))
  await addEncapsulated((name, bytes, ...remarks) => add(`DICOM, ${name}`, twin, bytes, ...remarks))
  await addPng(add)
  await addJpeg(add)
  return files
}

type Add = (name: string, bytes: Uint8Array, ...remarks: FileRemark[]) => void

function addDeflated(add: Add): void {
  const body = dataSet(EXPLICIT)
  const raw = deflateRawSync(body)
  const deflated = (stream: Uint8Array, label = DEFLATED) => joinBytes([meta(label), stream])
  add('padded by a zero byte', behind(deflated(raw), 0))
  add('with stray bytes behind', behind(deflated(raw), 1, 2, 3, 255))
  add('with the header and checksum of zlib', deflated(deflateSync(body)))
  add('which says that it is not', deflated(raw, EXPLICIT), 'transfer-syntax-wrong')
  add('which is not', deflated(body), 'transfer-syntax-wrong')
}

function addNative(add: Add): void {
  const sound = write(EXPLICIT)
  const [missing, wrong] = ['transfer-syntax-missing', 'transfer-syntax-wrong'] as const
  add('a stray byte behind', behind(sound, 0))
  add('100,000 zeros behind', joinBytes([sound, new Uint8Array(100_000)]))
  add('half an element behind', behind(sound, 0xfc, 0xff, 0xfc, 0xff, 0x4f, 0x42, 0, 0, 9))
  add('no transfer syntax, explicit', labelled('', EXPLICIT), missing)
  add('no transfer syntax, implicit', labelled('', IMPLICIT), missing)
  add('no transfer syntax, big endian', labelled('', BIG_ENDIAN, swapped()), missing)
  add('explicit, says implicit', labelled(IMPLICIT, EXPLICIT), wrong)
  add('implicit, says explicit', labelled(EXPLICIT, IMPLICIT), wrong)
  add('big endian, says little', labelled(EXPLICIT, BIG_ENDIAN, swapped()), wrong)
  add('little endian, says big', labelled(BIG_ENDIAN, EXPLICIT), wrong)
  add('native, says JPEG 2000', labelled(JPEG_2000, EXPLICIT), wrong)
  addElements(add)
  const preamble = joinBytes([new Uint8Array(128), text('DICM')])
  add('a preamble and no meta group, implicit', joinBytes([preamble, dataSet(IMPLICIT)]), missing)
  add('no preamble and no meta group', dataSet(EXPLICIT), missing)
  add('"DICM" at the very beginning', sound.subarray(128))
  add('no "DICM" behind the preamble', joinBytes([sound.subarray(0, 128), sound.subarray(132)]))
}

/** What public reports of readers name: values and elements that are odd before the pixel data. */
function addElements(add: Add): void {
  const changed = (change: Elements) => writeDicom(EXPLICIT, { ...elements, ...change }, pixels)
  add('a photometric interpretation in lower case', changed({ '00280004': ['CS', 'Monochrome2'] }))
  add('a high bit of 0', changed({ '00280102': ['US', [0]] }))
  add('no frames', changed({ '00280008': ['IS', '0'] }))
  add('three frames said, one there', changed({ '00280008': ['IS', '3'] }))
  add('a padding range of all values', changed({ '00280120': ['US', [0]], '00280121': ['US', [4095]] }))
  add('an empty window', changed({ '00281050': ['DS', ''], '00281051': ['DS', ''] }))
  add('a window of no width', changed({ '00281050': ['DS', '0'], '00281051': ['DS', '0'] }))
  add('a slope of 0', changed({ '00281052': ['DS', '0'], '00281053': ['DS', '0'] }))
  const icon: Elements = {
    '00280010': ['US', [4]],
    '00280011': ['US', [4]],
    '7fe00010': ['OW', new Uint8Array(32)],
  }
  add('an icon with pixel data of its own', changed({ '00880200': ['SQ', { items: [icon] }] }))
  const undefinedLength = [255, 255, 255, 255]
  const [item, itemEnd, end] = [
    [0xfe, 0xff, 0, 0xe0],
    [0xfe, 0xff, 0x0d, 0xe0, 0, 0, 0, 0],
    [0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0],
  ] as const
  const implicit = [8, 0, 0, 1, 4, 0, 0, 0, ...text('ABCD')]
  const oddities: Record<string, number[]> = {
    'a sequence as UN of undefined length': [
      ...[9, 0, 0x10, 0x10, ...text('UN'), 0, 0, ...undefinedLength],
      ...[...item, ...undefinedLength, ...implicit, ...itemEnd, ...end],
    ],
    'an empty sequence of undefined length': [
      8,
      0,
      0x40,
      0x11,
      ...text('SQ'),
      0,
      0,
      ...undefinedLength,
      ...end,
    ],
    'a VR that does not exist': [9, 0, 0x10, 0x10, ...text('??'), 4, 0, 1, 2, 3, 4],
    'a value of odd length': [9, 0, 0x10, 0x10, ...text('LO'), 3, 0, 65, 66, 67],
    'a wrong group length': [0x18, 0, 0, 0, ...text('UL'), 4, 0, 99, 99, 0, 0],
  }
  for (const vr of ['OV', 'SV', 'UV', 'OD', 'OL', 'UC', 'UR'])
    oddities[`a private element of VR ${vr}`] = [
      9,
      0,
      0x10,
      0x10,
      ...text(vr),
      0,
      0,
      8,
      0,
      0,
      0,
      1,
      2,
      3,
      4,
      5,
      6,
      7,
      8,
    ]
  const sound = write(EXPLICIT)
  const at = Buffer.from(sound).indexOf(Uint8Array.of(0x18, 0, 0x15, 0))
  for (const [name, element] of Object.entries(oddities))
    add(name, joinBytes([sound.subarray(0, at), Uint8Array.from(element), sound.subarray(at)]))
  const pixelVr = Buffer.from(sound).indexOf(Uint8Array.of(0xe0, 0x7f, 0x10, 0)) + 4
  for (const vr of ['OB', 'UN']) {
    const file = sound.slice()
    file.set(text(vr), pixelVr)
    add(`pixel data of VR ${vr}`, file)
  }
  for (const [name, length] of [
    ['of undefined length', 0xffffffff],
    ['longer than the file', pixels.length + 1000],
  ] as const) {
    const file = sound.slice()
    new DataView(file.buffer).setUint32(pixelVr + 4, length, true)
    add(`native pixel data ${name}`, file)
  }
}

const swapped = () => new Uint8Array(Buffer.from(pixels).swap16())

async function addEncapsulated(add: Add): Promise<void> {
  const wrong = 'transfer-syntax-wrong'
  const wavelet = await encode('jpeg-2000', image)
  const lossless = await encode('jpeg-ls', image)
  const fragments = { fragments: [wavelet] }
  const sound = write(JPEG_2000, fragments)
  const open = sound.subarray(0, sound.length - DELIMITER)
  add('an end delimiter of undefined length', behind(open, 0xfe, 0xff, 0xdd, 0xe0, 255, 255, 255, 255))
  add('an end delimiter of odd length', behind(open, 0xfe, 0xff, 0xdd, 0xe0, 3, 0, 0, 0))
  add('no end delimiter', open, 'end-missing')
  add('stray bytes in place of the end delimiter', behind(open, 1, 2, 3, 4, 5, 6, 7, 8, 9), 'end-missing')
  add('zeros behind the end delimiter', behind(sound, 0, 0, 0, 0, 0, 0, 0, 0, 0))
  add('JPEG-LS, says JPEG lossless', write(LOSSLESS, { fragments: [lossless] }), wrong)
  add('JPEG 2000, says JPEG-LS', write(JPEG_LS, fragments), wrong)
  add('JPEG 2000, says native', write(EXPLICIT, fragments), wrong)
  add('a codestream that is no fragment', labelled(JPEG_2000, EXPLICIT, wavelet))
  add('no end marker', write(JPEG_2000, { fragments: [wavelet.subarray(0, -2)] }), 'end-missing')
  add('zeros behind the end marker', write(JPEG_2000, { fragments: [behind(wavelet, 0, 0, 0, 0)] }))
  add('stray bytes behind the end marker', write(JPEG_2000, { fragments: [behind(wavelet, 7, 7, 7)] }))
  add('no offset table', withoutOffsetTable(sound))
  add('RLE, says native', write(EXPLICIT, { fragments: [rle()] }), wrong)
  add('RLE, says JPEG 2000', write(JPEG_2000, { fragments: [rle()] }), wrong)
  add('two fragments', write(JPEG_2000, { fragments: [wavelet.subarray(0, 1000), wavelet.subarray(1000)] }))
  add('a wrong offset table', write(JPEG_2000, { fragments: [wavelet], offsetTable: [77] }))
  add('native values in a fragment', write('1.2.840.10008.1.2.1.98', { fragments: [pixels] }))
  add('RLE, and says so', write(RLE, { fragments: [rle()] }))
}

function withoutOffsetTable(file: Uint8Array): Uint8Array {
  const item = Buffer.from(file).indexOf(Uint8Array.of(0xfe, 0xff, 0, 0xe0, 0, 0, 0, 0))
  return joinBytes([file.subarray(0, item), file.subarray(item + 8)])
}

/** PackBits of copies alone, one segment for each byte of a cell. */
function rle(): Uint8Array {
  const segment = (shift: number) => {
    const plane = Uint8Array.from(image.data, (value) => value >> shift)
    const runs: Uint8Array[] = []
    for (let at = 0; at < plane.length; at += 128) {
      const run = plane.subarray(at, at + 128)
      runs.push(Uint8Array.of(run.length - 1), run)
    }
    return joinBytes(runs)
  }
  const high = segment(8)
  const header = new DataView(new ArrayBuffer(64))
  header.setUint32(0, 2, true)
  header.setUint32(4, 64, true)
  header.setUint32(8, 64 + high.length, true)
  return joinBytes([new Uint8Array(header.buffer), high, segment(0)])
}

async function addPng(
  add: (name: string, twin: Uint8Array, bytes: Uint8Array, ...remarks: FileRemark[]) => void,
) {
  const twin = await encodePng({ ...size, channels: 1, data: image.data.map((value) => value << 4) })
  const end = twin.length - 12 // IEND
  const view = new DataView(twin.buffer)
  const [idat, length] = [33, view.getUint32(33)]
  const body = twin.subarray(idat + 8, idat + 8 + length)
  const rebuilt = (data: Uint8Array) =>
    joinBytes([twin.subarray(0, idat), chunk('IDAT', data), twin.subarray(end)])
  add('PNG, bytes behind the zlib stream', twin, rebuilt(behind(body, 0, 1, 2, 3)))
  add('PNG, no checksum behind the rows', twin, rebuilt(body.subarray(0, -4)), 'end-missing')
  add('PNG, no end chunk', twin, twin.subarray(0, end), 'end-missing')
  add('PNG, cut in the checksum of its data', twin, twin.subarray(0, end - 2), 'end-missing')
  add('PNG, bytes behind the end chunk', twin, behind(twin, 9, 9, 9))
  const byte = await encodePng({
    ...size,
    channels: 1,
    data: Uint8Array.from(image.data, (value) => value >> 4),
  })
  for (let orientation = 1; orientation <= 8; orientation++) {
    const entry = [1, 18, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]
    const exif = Uint8Array.of(...text('MM'), 0, 42, 0, 0, 0, 8, 0, 1, ...entry, 0, 0, 0, 0)
    const file = joinBytes([byte.subarray(0, idat), chunk('eXIf', exif), byte.subarray(idat)])
    const upright = await sharp(file).autoOrient().toColourspace('b-w').png().toBuffer()
    add(`PNG, eXIf orientation ${orientation}`, upright, file)
  }
}

async function addJpeg(
  add: (name: string, twin: Uint8Array, bytes: Uint8Array, ...remarks: FileRemark[]) => void,
) {
  const grey = sharp(
    Uint8Array.from(image.data, (value) => value >> 4),
    { raw: { ...size, channels: 1 } },
  )
  for (const progressive of [false, true]) {
    const kind = progressive ? 'progressive JPEG' : 'JPEG'
    const twin = new Uint8Array(
      await grey.clone().toColourspace('b-w').jpeg({ quality: 92, progressive }).toBuffer(),
    )
    const open = twin.subarray(0, -2)
    add(`${kind}, no end marker`, twin, open, 'end-missing')
    add(
      `${kind}, a trailer and no end marker`,
      twin,
      joinBytes([open, text('SEFH\0\0\0\0SEFT')]),
      'end-missing',
    )
    add(`${kind}, a trailer behind the end marker`, twin, joinBytes([twin, text('trailer'), twin]))
  }
}
