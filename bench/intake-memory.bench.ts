/**
 * Memory that the intake takes in workerd for the largest images: 5,000 × 5,000, 16 bits where the format has them. Counted as Cloudflare's
 * limit of 128 MB counts: V8's heap, ArrayBuffers (the file among them) and WebAssembly. `refused` is 1 where the image is refused for it.
 */
import { deflateRawSync } from 'node:zlib'
import { encodePng } from '@detl/core/image/png-encode'
import { phantom } from '@detl/core/phantom/phantom'
import sharp from 'sharp'
import { chestElements, writeDicom } from '../test/support/dicom-writer.ts'
import { encode } from '../test/support/encoders.ts'
import { intakeWorker } from '../test/support/intake-worker.ts'
import type { Figure } from './run.ts'

const SIDE = 5000
const SIZE = { width: SIDE, height: SIDE }

export default async function memory(): Promise<Record<string, Figure>> {
  const figures: Record<string, Figure> = {}
  const files: Uint8Array[] = []
  for (const [kind, file] of largest()) {
    const bytes = await file()
    files.push(bytes)
    const { answers, all } = await measured([bytes])
    const against = `128 MB; the file has ${(bytes.length / 1e6).toFixed(1)} MB; answer: ${answers[0]!.slice(0, 120)}`
    figures[`intake.memory_${kind}`] = { value: all, unit: 'MB', runs: 1, spread: 0, against }
  }
  const { wasm } = await measured([...files, ...files])
  const against = 'WebAssembly’s memory that stays in one Worker after two images of each kind'
  figures['intake.memory_kept'] = { value: wasm, unit: 'MB', runs: 1, spread: 0, against }
  return figures
}

/** What one Worker takes for files one after another. */
async function measured(files: readonly Uint8Array[]) {
  const worker = await intakeWorker()
  try {
    const answers: string[] = []
    for (const file of files) answers.push(await worker.answer(file))
    return { answers, ...(await worker.peakMb()) }
  } finally {
    await worker.stop()
  }
}

/** Kinds of files, made one after another: each has 10 to 60 MB. */
function* largest(): Generator<[kind: string, file: () => Promise<Uint8Array>]> {
  const data = samples()
  const cells = new Uint8Array(data.buffer)
  const elements = chestElements(SIZE, { allocated: 16, stored: 16 })
  const raw = () => writeDicom('1.2.840.10008.1.2.1', elements, cells)
  const image = { ...SIZE, data }
  yield ['png16', () => encodePng({ ...image, channels: 1 })]
  yield [
    'png16_interlaced',
    () =>
      sharp(data, { raw: { ...SIZE, channels: 1 } })
        .toColourspace('grey16')
        .png({ progressive: true })
        .toBuffer(),
  ]
  yield ['dicom_raw', async () => raw()]
  yield ['dicom_deflated', async () => deflated(raw())]
  for (const [kind, codec, syntax] of [
    ['dicom_jpeg_ls', 'jpeg-ls', '80'],
    ['dicom_jpeg_2000', 'jpeg-2000', '90'],
    ['dicom_htj2k', 'htj2k', '201'],
  ] as const) {
    yield [
      kind,
      async () =>
        writeDicom(`1.2.840.10008.1.2.4.${syntax}`, elements, {
          fragments: [await encode(codec, image, 16)],
        }),
    ]
  }
  const grey8 = Uint8Array.from(data, (value) => value >> 8)
  const rgb = () => {
    const out = Buffer.alloc(3 * grey8.length)
    for (let i = 0; i < grey8.length; i++) out.fill(grey8[i]!, 3 * i, 3 * i + 3)
    return sharp(out, { raw: { ...SIZE, channels: 3 } })
  }
  yield [
    'jpeg_grey',
    () =>
      sharp(grey8, { raw: { ...SIZE, channels: 1 } })
        .toColourspace('b-w')
        .jpeg()
        .toBuffer(),
  ]
  yield ['jpeg_colour', () => rgb().jpeg().toBuffer()]
  yield ['jpeg_colour_progressive', () => rgb().jpeg({ progressive: true }).toBuffer()]
}

/** A phantom, each pixel four times a side, with noise in its lower bits: it compresses as radiographs do. */
function samples(): Uint16Array<ArrayBuffer> {
  const small = phantom({ seed: 1, width: SIDE / 4, height: SIDE / 4, lesions: [] }).image
  const data = new Uint16Array(SIDE * SIDE)
  let state = 1
  for (let y = 0, i = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++, i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      data[i] = (small.data[(y >> 2) * small.width + (x >> 2)]! << 4) | (state >>> 26)
    }
  }
  return data
}

/** An explicit little-endian file as a deflated one: all behind the meta group is a raw deflate stream (PS3.5 annex A.5). */
function deflated(file: Uint8Array): Uint8Array {
  const meta = (syntax: string) => writeDicom(syntax, {}, undefined)
  const dataSet = file.subarray(meta('1.2.840.10008.1.2.1').length)
  return Buffer.concat([meta('1.2.840.10008.1.2.1.99'), deflateRawSync(dataSet, { level: 1 })])
}
