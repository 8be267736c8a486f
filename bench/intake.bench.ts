/**
 * A file of a full-size radiograph (2500 × 3000) to the tensor, inside workerd, against native code in Node on the same bytes: ratios of
 * CPU time, which other work on the machine stretches less than time. A run in workerd is (3 rounds − 1 round) ÷ 2. Variants alternate;
 * medians of the ratios of neighbouring runs.
 */
import { inflateSync } from 'node:zlib'
import { encodePng } from '@detl/core/image/png-encode'
import { phantom } from '@detl/core/phantom/phantom'
import { workingSize } from '@detl/core/preprocess/reduce'
import { cxrGrey } from '@detl/core/preprocess/spec'
import sharp, { type Sharp } from 'sharp'
import { chestElements, littleEndian, writeDicom } from '../test/support/dicom-writer.ts'
import { inWorkerd } from '../test/support/in-workerd.ts'
import type { Figure } from './run.ts'

const RUNS = 9
const SIZE = { width: 2500, height: 3000 }
const SIDE = 128

const WORKER = `
  import { codecs } from '@detl/codecs/modules'
  import { DEFAULT_GATE } from '@detl/core/gate/chest-model'
  import { DEFAULT_LIMITS } from '@detl/core/image/limits'
  import { takeIn } from '@detl/core/intake/intake'
  import { readReduced } from '@detl/core/intake/read'
  import { preprocess } from '@detl/core/preprocess/preprocess'
  import { cxrGrey } from '@detl/core/preprocess/spec'
  const options = { limits: DEFAULT_LIMITS, codecs }
  const spec = cxrGrey(${SIDE})
  const gate = { mode: 'refuse', spec: DEFAULT_GATE }
  const run = {
    tensor: async (bytes) => preprocess((await readReduced(bytes, spec, options)).working, spec).tensor,
    gated: async (bytes) => (await takeIn(bytes, spec, gate, options)).preprocessed.tensor,
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
  const raw = { raw: { ...SIZE, channels: 1 as const } }
  const upPng = await encodePng({ ...SIZE, channels: 1, data: wide })
  const grey16 = sharp(wide, raw).toColourspace('grey16')
  const png = new Uint8Array(await grey16.png({ adaptiveFiltering: true }).toBuffer())
  const grey8 = sharp(
    Uint8Array.from(image.data, (value) => value >> 4),
    raw,
  ).toColourspace('b-w')
  const jpeg = new Uint8Array(await grey8.jpeg({ quality: 90 }).toBuffer())
  const elements = chestElements(SIZE, { allocated: 16, stored: 12 })
  const dicom = writeDicom('1.2.840.10008.1.2.1', elements, littleEndian(image.data))
  const [data, upData] = [idat(png), idat(upPng)]

  const working = workingSize(SIZE, cxrGrey(SIDE).workingSize)
  const fit = { fit: 'fill', kernel: 'linear', fastShrinkOnLoad: false } as const
  const reduce = (input: Sharp) => input.resize(working.width, working.height, fit)
  const worker = await inWorkerd(WORKER)
  const inWorker = (what: string, file: Uint8Array) => async () => {
    const rounds = async (n: number) => {
      const start = worker.cpuMs()
      await worker.post(`/?what=${what}&n=${n}`, file)
      return worker.cpuMs() - start
    }
    const once = await rounds(1)
    return ((await rounds(3)) - once) / 2
  }
  try {
    return {
      'intake.png16_vs_inflate': await ratio(
        inWorker('tensor', png),
        cpu(() => inflateSync(data)),
        `zlib's inflate of the same ${megabytes(png)} MB PNG (libpng's choice of filters) in Node`,
      ),
      'intake.png16_up_vs_inflate': await ratio(
        inWorker('tensor', upPng),
        cpu(() => inflateSync(upData)),
        `the same for a ${megabytes(upPng)} MB PNG with the filter "up" alone`,
      ),
      'intake.jpeg_vs_sharp': await ratio(
        inWorker('tensor', jpeg),
        cpu(() => reduce(sharp(jpeg)).toColourspace('b-w').raw().toBuffer()),
        `sharp in Node, one thread: ${megabytes(jpeg)} MB JPEG, which it too halves while it decodes, to the working size of ${working.width} × ${working.height}`,
      ),
      'intake.dicom_vs_sharp': await ratio(
        inWorker('tensor', dicom),
        cpu(() => reduce(sharp(wide, raw)).toColourspace('grey16').raw({ depth: 'ushort' }).toBuffer()),
        'sharp in Node, one thread: the same samples without their file, to the working size, 16 bits',
      ),
      'intake.dicom_vs_sharp_to_tensor': await ratio(
        inWorker('tensor', dicom),
        cpu(() => sharp(wide, raw).resize(SIDE, SIDE, { fit: 'contain' }).raw().toBuffer()),
        'sharp straight to the size of the tensor: less work, for it measures no frame and no window',
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
        'all codecs and the raster; one codec is loaded at a time',
      ),
    }
  } finally {
    await worker.stop()
  }
}

/** The first calls, which compile, are not counted. */
async function ratio(
  ours: () => Promise<number>,
  reference: () => Promise<number>,
  against: string,
): Promise<Figure> {
  for (let i = 0; i < 2; i++) {
    await ours()
    await reference()
  }
  const ratios: number[] = []
  for (let i = 0; i < RUNS; i++) ratios.push((await ours()) / (await reference()))
  ratios.sort((a, b) => a - b)
  const at = (share: number) => ratios[Math.round(share * (RUNS - 1))]!
  return { value: at(0.5), unit: '×', runs: RUNS, spread: at(0.75) - at(0.25), against }
}

/** CPU time of all threads of this process, in ms. */
const cpu = (work: () => unknown) => async () => {
  const start = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
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
