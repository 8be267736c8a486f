/**
 * A file of a full-size radiograph (2500 × 3000) to the tensor, inside workerd, against native code in Node on the same bytes.
 * workerd's clock stands still while code runs, so a run is (time of 3 rounds − time of 1 round) ÷ 2, seen from outside.
 * Variants alternate; medians of the ratios of neighbouring runs.
 */
import { inflateSync } from 'node:zlib'
import { encodePng } from '@detl/core/image/png-encode'
import { phantom } from '@detl/core/phantom/phantom'
import sharp from 'sharp'
import { chestElements, littleEndian, writeDicom } from '../test/support/dicom-writer.ts'
import { inWorkerd } from '../test/support/in-workerd.ts'
import type { Figure } from './run.ts'

const RUNS = 7
const SIZE = { width: 2500, height: 3000 }
const SIDE = 128

const WORKER = `
  import { codecs } from '@detl/codecs/modules'
  import { DEFAULT_GATE } from '@detl/core/gate/chest-model'
  import { decodeImage } from '@detl/core/image/decode'
  import { DEFAULT_LIMITS } from '@detl/core/image/limits'
  import { takeIn } from '@detl/core/intake/intake'
  import { preprocess } from '@detl/core/preprocess/preprocess'
  import { cxrGrey } from '@detl/core/preprocess/spec'
  const options = { limits: DEFAULT_LIMITS, codecs }
  const spec = cxrGrey(${SIDE})
  const run = {
    tensor: async (bytes) => preprocess((await decodeImage(bytes, options)).image, spec).tensor,
    gated: async (bytes) => (await takeIn(bytes, spec, DEFAULT_GATE, options)).preprocessed.tensor,
  }
  export default {
    async fetch(request) {
      const { searchParams } = new URL(request.url)
      const bytes = new Uint8Array(await request.arrayBuffer())
      let tensor
      for (let i = Number(searchParams.get('n')); i > 0; i--) tensor = await run[searchParams.get('what')](bytes)
      return Response.json(tensor.reduce((sum, level) => sum + level, 0))
    },
  }`

export default async function intake(): Promise<Record<string, Figure>> {
  sharp.concurrency(1)
  const { image } = phantom({ seed: 1, ...SIZE, lesions: ['consolidation'] })
  const wide = image.data.map((value) => value << 4)
  const png = await encodePng({ ...SIZE, channels: 1, data: wide })
  const grey8 = Uint8Array.from(image.data, (value) => value >> 4)
  const jpeg = new Uint8Array(
    await sharp(grey8, { raw: { ...SIZE, channels: 1 } })
      .toColourspace('b-w')
      .jpeg({ quality: 90 })
      .toBuffer(),
  )
  const elements = chestElements(SIZE, { allocated: 16, stored: 12 })
  const dicom = writeDicom('1.2.840.10008.1.2.1', elements, littleEndian(image.data))
  const compressed = idat(png)
  const worker = await inWorkerd(WORKER)
  const inWorker = (what: string, file: Uint8Array) => async () => {
    const once = await time(() => worker.post(`/?what=${what}&n=1`, file))
    const thrice = await time(() => worker.post(`/?what=${what}&n=3`, file))
    return (thrice - once) / 2
  }
  const shrink = (raw: Uint8Array | Uint16Array) =>
    sharp(raw, { raw: { ...SIZE, channels: 1 } })
      .resize(SIDE, SIDE, { fit: 'contain' })
      .raw()
      .toBuffer()
  const sharpJpeg = async () => shrink(await sharp(jpeg).toColourspace('b-w').raw().toBuffer())
  try {
    return {
      'intake.png16_vs_inflate': await ratio(
        inWorker('tensor', png),
        () => time(() => inflateSync(compressed)),
        `zlib's inflate of the same ${megabytes(png)} MB PNG in Node`,
      ),
      'intake.jpeg_vs_sharp': await ratio(
        inWorker('tensor', jpeg),
        () => time(sharpJpeg),
        `sharp in Node, one thread, all pixels decoded, of the same ${megabytes(jpeg)} MB JPEG`,
      ),
      'intake.dicom_vs_sharp': await ratio(
        inWorker('tensor', dicom),
        () => time(() => shrink(image.data)),
        'sharp in Node, one thread, on the same 16-bit samples without their file',
      ),
      'intake.gate_cost': await ratio(
        inWorker('gated', jpeg),
        inWorker('tensor', jpeg),
        'the same JPEG in workerd without the gate',
      ),
      'intake.bundle_kb': fixed(
        worker.sizes.script / 1024,
        'script of the worker of this benchmark, not minified',
      ),
      'intake.wasm_kb': fixed(
        sum(Object.values(worker.sizes.wasm)) / 1024,
        'all codecs; one is loaded at a time',
      ),
    }
  } finally {
    await worker.stop()
  }
}

async function ratio(
  ours: () => Promise<number>,
  reference: () => Promise<number>,
  against: string,
): Promise<Figure> {
  await ours()
  await reference()
  const ratios: number[] = []
  for (let i = 0; i < RUNS; i++) ratios.push((await ours()) / (await reference()))
  ratios.sort((a, b) => a - b)
  const at = (share: number) => ratios[Math.round(share * (RUNS - 1))]!
  return { value: at(0.5), unit: '×', runs: RUNS, spread: at(0.75) - at(0.25), against }
}

async function time(work: () => unknown): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

const fixed = (value: number, against: string): Figure => ({ value, unit: 'kB', runs: 1, spread: 0, against })
const sum = (values: number[]) => values.reduce((a, b) => a + b, 0)
const megabytes = (file: Uint8Array) => (file.length / 2 ** 20).toFixed(1)

/** The joined bodies of the IDAT chunks. */
function idat(png: Uint8Array): Uint8Array {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength)
  const bodies: Uint8Array[] = []
  for (let at = 8; at < png.length; at += 12 + view.getUint32(at)) {
    if (view.getUint32(at + 4) === 0x49444154) bodies.push(png.subarray(at + 8, at + 8 + view.getUint32(at)))
  }
  return Buffer.concat(bodies)
}
