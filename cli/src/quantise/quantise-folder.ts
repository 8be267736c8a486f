import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codecs } from '@detl/codecs/modules'
import { AppError } from '@detl/core/api/problem'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { takeIn } from '@detl/core/intake/intake'
import { type Manifest, parseManifest } from '@detl/core/model/manifest'
import { MODEL_FILES } from '@detl/core/model/model-file'
import type { Calibration } from '@detl/core/model/precision'
import { readCalibration, writeInt8 } from '@detl/export/quantise/beside'
import { calibrate } from '@detl/export/quantise/calibrate'
import { quantise } from '@detl/export/quantise/quantise'
import { readJson } from '@detl/train/data/text-file'
import { collectInputs, type Input } from '../screen/inputs.ts'
import { readImageFile } from '../screen/read-image-file.ts'

type From = {
  /** Folder with model.onnx and manifest.json. */
  readonly model: string
  /** Files and folders of training images. */
  readonly images: readonly string[]
  /** Of more images, as many are taken, evenly. */
  readonly limit: number
  readonly method: Calibration
}
export type QuantiseOptions = From & { readonly out: string }

/** What was made: how many layers, from how many images, and the sizes of both files in bytes. */
export type QuantiseReport = {
  readonly layers: number
  readonly images: number
  readonly before: number
  readonly after: number
}

/**
 * Writes a model folder whose `model.onnx` computes convolutions with 8-bit integers, calibrated on images. Its version is the model's with
 * `-int8` behind it, so that both can be served side by side.
 * @throws AppError `request-invalid` where no image can be read; ConvertError where the model cannot be quantised
 */
export async function quantiseFolder({ out, ...options }: QuantiseOptions): Promise<QuantiseReport> {
  const { manifest, onnx } = await read(options.model)
  const images = await tensorsOf(options, manifest)
  const { files, int8: _, ...rest } = manifest
  const { [MODEL_FILES.int8]: __, ...others } = files
  const fields = { ...rest, version: `${manifest.version}-int8`, precision: 'int8' } as const
  const made = await quantise(onnx, images, {
    method: options.method,
    metadata: { 'detl.manifest': JSON.stringify(fields) },
  })
  const sha256 = createHash('sha256').update(made.onnx).digest('hex')
  const written: Manifest = { ...fields, files: { ...others, [MODEL_FILES.fp32]: sha256 } }
  await mkdir(out, { recursive: true })
  await writeFile(join(out, MODEL_FILES.fp32), made.onnx)
  await writeFile(join(out, 'manifest.json'), `${JSON.stringify(written, null, 2)}\n`)
  return { layers: made.layers.length, images: images.length, before: onnx.length, after: made.onnx.length }
}

/**
 * Writes `model.int8.onnx` beside the model of a folder, with what it is made of (int8.json), and names it in the manifest. Without images, from the
 * int8.json that is there.
 * @param webAssembly whether WebAssembly is faster with it, and so runs it in place of `model.onnx`
 * @throws AppError `request-invalid` where no image can be read, or there are none and no int8.json; ConvertError where the model cannot be quantised
 */
export async function quantiseBeside({
  webAssembly,
  ...options
}: From & { readonly webAssembly: boolean }): Promise<QuantiseReport> {
  const { manifest, onnx } = await read(options.model)
  const calibration =
    options.images.length > 0
      ? await calibrate(onnx, await tensorsOf(options, manifest), options.method)
      : readCalibration(options.model)
  if (!calibration)
    throw new AppError(
      'request-invalid',
      `${options.model} has no int8.json: name training images with --calibrate`,
    )
  const { onnx: made, layers } = writeInt8(options.model, calibration, { webAssembly })
  return { layers, images: calibration.images, before: onnx.length, after: made.length }
}

async function read(folder: string): Promise<{ manifest: Manifest; onnx: Uint8Array }> {
  const manifest = parseManifest(readJson(join(folder, 'manifest.json')))
  if (manifest.precision)
    throw new AppError('request-invalid', `the model in ${folder} is one of 8-bit integers already`)
  return { manifest, onnx: new Uint8Array(await readFile(join(folder, MODEL_FILES.fp32))) }
}

/** As training sees them: an image that the gate would refuse is taken all the same. */
async function tensorsOf({ images, limit }: From, manifest: Manifest): Promise<Uint8Array[]> {
  const gate = { mode: 'report', spec: manifest.gate } as const
  const tensors: Uint8Array[] = []
  for (const input of evenly(await collectInputs(images, { filesFrom: undefined, apart: [] }), limit)) {
    if (input.fault) throw input.fault
    if (input.path === undefined)
      throw new AppError('request-invalid', 'ranges are taken from many images: name files or folders')
    const bytes = readImageFile(input.path, input.guessed)
    if (!bytes) continue
    const { preprocessed } = await takeIn(bytes, manifest.preprocess, gate, {
      limits: DEFAULT_LIMITS,
      codecs,
    })
    tensors.push(preprocessed.tensor)
  }
  if (tensors.length === 0)
    throw new AppError('request-invalid', `there is no image in ${images.join(', ')} to calibrate with`)
  return tensors
}

const evenly = (inputs: readonly Input[], limit: number): Input[] =>
  inputs.length <= limit
    ? [...inputs]
    : Array.from({ length: limit }, (_, i) => inputs[Math.floor((i * inputs.length) / limit)]!)
