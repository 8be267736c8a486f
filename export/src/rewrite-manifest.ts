import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Manifest, parseManifest } from '@detl/core/model/manifest'
import { MODEL_FILES } from '@detl/core/model/model-file'
import { writeWhole } from './graph/write.ts'
import { renewInt8 } from './quantise/beside.ts'
import { OnnxModel } from './quantise/onnx-model.ts'

/**
 * Writes a folder's manifest anew where the network is the same: manifest.json, and what model.onnx and its 8-bit file say inside.
 * @param folder has model.onnx
 * @param from the folder that has int8.json, if there is an 8-bit file
 * @returns the manifest with the digests of the new files
 * @throws ConvertError model-unreadable, manifest-invalid
 * @example rewriteManifest('models/mine', { ...manifest, operatingPoints })
 */
export function rewriteManifest(folder: string, manifest: Manifest, from = folder): Manifest {
  const { files, int8, ...fields } = manifest
  const path = join(folder, 'manifest.json')
  const model = new OnnxModel(readFileSync(join(folder, MODEL_FILES.fp32)))
  model.describe({ 'detl.manifest': JSON.stringify(fields) })
  const onnx = model.write()
  const digest = createHash('sha256').update(onnx).digest('hex')
  const next = parseManifest({ ...fields, int8, files: { ...files, [MODEL_FILES.fp32]: digest } })
  writeWhole(join(folder, MODEL_FILES.fp32), [onnx])
  writeWhole(path, [new TextEncoder().encode(`${JSON.stringify(next, null, 2)}\n`)])
  renewInt8(folder, from)
  return parseManifest(JSON.parse(readFileSync(path, 'utf8')))
}
