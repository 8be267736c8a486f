import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codecs } from '@detl/codecs/modules'
import { AppError } from '@detl/core/api/problem'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { takeIn } from '@detl/core/intake/intake'
import { type Manifest, parseManifest } from '@detl/core/model/manifest'
import type { Calibration } from '@detl/export/quantise/calibrate'
import { quantise } from '@detl/export/quantise/quantise'
import { collectInputs, type Input } from '../screen/inputs.ts'
import { readImageFile } from '../screen/read-image-file.ts'

export type QuantiseOptions = {
  /** Folder with model.onnx and manifest.json. */
  readonly model: string
  /** Files and folders of training images. */
  readonly images: readonly string[]
  /** Of more images, as many are taken, evenly. */
  readonly limit: number
  readonly method: Calibration
  readonly out: string
}

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
export async function quantiseFolder(options: QuantiseOptions): Promise<QuantiseReport> {
  const manifest = parseManifest(JSON.parse(await readFile(join(options.model, 'manifest.json'), 'utf8')))
  const onnx = new Uint8Array(await readFile(join(options.model, 'model.onnx')))
  const images = await tensorsOf(options, manifest)
  const version = `${manifest.version}-int8`
  const { files: _, ...fields } = { ...manifest, version }
  const made = await quantise(onnx, images, {
    method: options.method,
    metadata: { 'detl.manifest': JSON.stringify(fields) },
  })
  const sha256 = createHash('sha256').update(made.onnx).digest('hex')
  const written: Manifest = { ...manifest, version, files: { ...manifest.files, 'model.onnx': sha256 } }
  await mkdir(options.out, { recursive: true })
  await writeFile(join(options.out, 'model.onnx'), made.onnx)
  await writeFile(join(options.out, 'manifest.json'), `${JSON.stringify(written, null, 2)}\n`)
  return { layers: made.layers.length, images: images.length, before: onnx.length, after: made.onnx.length }
}

/** As training sees them: an image that the gate would refuse is taken all the same. */
async function tensorsOf({ images, limit }: QuantiseOptions, manifest: Manifest): Promise<Uint8Array[]> {
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
