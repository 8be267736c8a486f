import type { Manifest } from './manifest.ts'
import type { Precision } from './precision.ts'

export const MODEL_FILES = { fp32: 'model.onnx', int8: 'model.int8.onnx' } as const satisfies Record<
  Precision,
  string
>
export type ModelFileName = (typeof MODEL_FILES)[Precision]

/** A file of a model: what it is called in the model's folder and beside the page, its SHA-256, and what it computes with. */
export type ModelFile = {
  readonly name: ModelFileName
  readonly sha256: string
  readonly precision: Precision
}

/** What servers run, and WebGPU. @throws Error where the manifest has no digest of it */
export const mainFile = (manifest: Manifest): ModelFile =>
  fileOf(manifest, MODEL_FILES.fp32, manifest.precision ?? 'fp32')

/** The model in 8-bit integers beside it; undefined where there is none. @throws Error where the manifest has no digest of it */
export const int8File = (manifest: Manifest): ModelFile | undefined =>
  manifest.int8 && fileOf(manifest, MODEL_FILES.int8, 'int8')

/**
 * What WebAssembly runs, at the edge and in the browser: the model in 8-bit integers where the manifest says that it is the better one there.
 * @example webAssemblyFile(manifest).name // 'model.int8.onnx'
 */
export const webAssemblyFile = (manifest: Manifest): ModelFile =>
  (manifest.int8?.webAssembly && int8File(manifest)) || mainFile(manifest)

function fileOf({ files }: Manifest, name: ModelFileName, precision: Precision): ModelFile {
  const sha256 = files[name]
  if (!sha256) throw new Error(`the manifest has no digest of ${name}`)
  return { name, sha256, precision }
}
