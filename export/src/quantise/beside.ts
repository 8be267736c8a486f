import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Int8Calibration, int8CalibrationSchema } from '@detl/core/model/int8-calibration'
import { type Manifest, parseManifest } from '@detl/core/model/manifest'
import { MODEL_FILES } from '@detl/core/model/model-file'
import { ConvertError } from '../errors.ts'
import { writeWhole } from '../graph/write.ts'
import { quantiseWith } from './quantise-with.ts'
import { sameLayers } from './same-layers.ts'

const CALIBRATION = 'int8.json'
const text = (value: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(value)}\n`)

/** Of a model's folder: what its 8-bit file is made of, if it has that. @throws ConvertError where it cannot be read */
export function readCalibration(folder: string): Int8Calibration | undefined {
  const path = join(folder, CALIBRATION)
  if (!existsSync(path)) return undefined
  try {
    return int8CalibrationSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (cause) {
    throw new ConvertError('manifest-invalid', `${path}: ${(cause as Error).message}`, { cause })
  }
}

/** What {@link int8Of} made: the file, the manifest that names it, and its layers. */
export type Int8 = { readonly onnx: Uint8Array; readonly manifest: Manifest; readonly layers: number }

/**
 * `model.int8.onnx` of a model, and the manifest that names it. The same model and calibration give the same bytes.
 * @param webAssembly whether WebAssembly is faster with it
 */
export function int8Of(
  onnx: Uint8Array,
  {
    manifest,
    calibration,
    webAssembly,
  }: { manifest: Manifest; calibration: Int8Calibration; webAssembly: boolean },
): Int8 {
  const { files, int8: _, precision: __, ...fields } = manifest
  const metadata = { 'detl.manifest': JSON.stringify({ ...fields, precision: 'int8' }) }
  const { onnx: made, layers } = quantiseWith(onnx, calibration, { metadata })
  const sha256 = createHash('sha256').update(made).digest('hex')
  const { method, images } = calibration
  return {
    onnx: made,
    layers: layers.length,
    manifest: parseManifest({
      ...manifest,
      int8: { method, images, webAssembly },
      files: { ...files, [MODEL_FILES.int8]: sha256 },
    }),
  }
}

/**
 * Writes `model.int8.onnx` and int8.json beside the model of a folder, and names the file in its manifest.
 * @throws ConvertError where the calibration is of another network
 */
export function writeInt8(
  folder: string,
  calibration: Int8Calibration,
  { webAssembly }: { webAssembly: boolean },
): Int8 {
  const manifest = parseManifest(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')))
  const int8 = int8Of(readFileSync(join(folder, MODEL_FILES.fp32)), { manifest, calibration, webAssembly })
  writeWhole(join(folder, MODEL_FILES.int8), [int8.onnx])
  writeWhole(join(folder, CALIBRATION), [text(calibration)])
  writeWhole(join(folder, 'manifest.json'), [
    new TextEncoder().encode(`${JSON.stringify(int8.manifest, null, 2)}\n`),
  ])
  return int8
}

/**
 * Brings a folder's 8-bit file up to its model, whose temperature, lungs or description changed; its network did not. Does nothing where
 * there is none.
 * @param from the folder that has the calibration
 */
export function renewInt8(folder: string, from = folder): void {
  const manifest = parseManifest(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')))
  const calibration = manifest.int8 && readCalibration(from)
  if (manifest.int8 && !calibration)
    throw new ConvertError(
      'manifest-invalid',
      `${from} has no ${CALIBRATION}, of which its ${MODEL_FILES.int8} is made; \`detl quantize --beside\` writes both`,
    )
  if (calibration) writeInt8(folder, calibration, manifest.int8!)
}

/** What became of a folder's 8-bit file when its model was written anew. */
export type Int8Fate = 'none' | 'kept' | 'dropped'

/**
 * To be called before a folder's model is written anew.
 * @returns to be called when it is written: makes the 8-bit file anew where the network is still the same, by its weights, and else takes it away with its
 *   int8.json, whose ranges are those of the network that was there
 */
export function beforeRewrite(folder: string): () => Int8Fate {
  const earlier = earlierOf(folder)
  return () => {
    if (earlier && sameLayers(earlier.onnx, readFileSync(join(folder, MODEL_FILES.fp32)))) {
      writeInt8(folder, earlier.calibration, earlier)
      return 'kept'
    }
    return dropInt8(folder) ? 'dropped' : 'none'
  }
}

/** Takes a folder's 8-bit file away, and its int8.json; the manifest does not name it any more. @returns whether there was one */
export function dropInt8(folder: string): boolean {
  const files = [MODEL_FILES.int8, CALIBRATION].map((file) => join(folder, file))
  const there = files.some((file) => existsSync(file))
  for (const file of files) rmSync(file, { force: true })
  return there
}

function earlierOf(folder: string) {
  try {
    const manifest = parseManifest(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')))
    const calibration = readCalibration(folder)
    if (!manifest.int8 || !calibration) return undefined
    const onnx = readFileSync(join(folder, MODEL_FILES.fp32))
    // Ranges of weights that are not those that the manifest names are of nobody knows what.
    const digest = createHash('sha256').update(onnx).digest('hex')
    if (digest !== manifest.files[MODEL_FILES.fp32]) return undefined
    return { onnx, calibration, webAssembly: manifest.int8.webAssembly }
  } catch {
    // No model was there, or a damaged one: the new one has to be measured itself.
    return undefined
  }
}

/** What people are told of it; undefined where there is nothing to tell. */
export function int8News(fate: Int8Fate, folder: string): string | undefined {
  if (fate === 'none') return undefined
  const file = join(folder, MODEL_FILES.int8)
  return fate === 'kept'
    ? `${file}: made anew of ${CALIBRATION}, since the network is the same`
    : `${file} was of another network and is gone: \`detl quantize ${folder} --beside --calibrate IMAGES\` makes it anew`
}
