import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Manifest, parseManifest } from '@detl/core/model/manifest'
import { int8File, MODEL_FILES } from '@detl/core/model/model-file'
import { type Routing, routingSchema } from './routing.ts'

const MAX_JSON_BYTES = 2 ** 20
/** A folder that holds one version: manifest.json and model.onnx. */
export type ModelFolder = {
  readonly name: string
  readonly path: string
  /** Changes whenever one of the two files does: size and time, no content. */
  readonly stamp: string
}
type FileBytes = { readonly onnx: ArrayBuffer; readonly digest: string }
/** Of the model, and of its 8-bit file where that was asked for and there is one. */
export type ModelBytes = FileBytes & { readonly manifest: Manifest; readonly int8?: FileBytes | undefined }

/**
 * Every version under the models folder: `<name>/` itself, or any `<name>/<version>/`, that has a manifest.json.
 * @throws Error when the folder itself cannot be read: an unmounted disk must not look like an empty one
 */
export async function listModels(root: string): Promise<ModelFolder[]> {
  const folders = await subfolders(root)
  const found = await Promise.all(
    folders.map(async (name) => {
      const base = join(root, name)
      const paths = [base, ...(await subfolders(base)).map((version) => join(base, version))]
      const stamps = await Promise.all(paths.map(stampOf))
      return paths.flatMap((path, i) => (stamps[i] === undefined ? [] : [{ name, path, stamp: stamps[i] }]))
    }),
  )
  return found.flat()
}

/**
 * One version, read once: the bytes whose digest was checked are the bytes that are run.
 * @param withInt8 whether its 8-bit file is read too
 * @throws Error that says which file is wrong and how
 */
export async function readModel(
  folder: ModelFolder,
  { withInt8 }: { withInt8: boolean },
): Promise<ModelBytes> {
  const manifest = parseManifest(await readJson(join(folder.path, 'manifest.json')))
  if (manifest.name !== folder.name)
    throw new Error(`manifest.json names the model "${manifest.name}", its folder "${folder.name}"`)
  const int8 = withInt8 ? int8File(manifest) : undefined
  return {
    manifest,
    ...(await readChecked(folder, MODEL_FILES.fp32, manifest)),
    int8: int8 && (await readChecked(folder, int8.name, manifest)),
  }
}

async function readChecked({ path }: ModelFolder, name: string, { files }: Manifest): Promise<FileBytes> {
  const expected = files[name]
  if (!expected) throw new Error(`manifest.json has no digest of ${name}`)
  const file = await readFile(join(path, name))
  const digest = createHash('sha256').update(file).digest('hex')
  if (digest !== expected) throw new Error(`${name} has the sha256 ${digest}; manifest.json says ${expected}`)
  // A file of this size has a buffer of its own, not a part of Node's pool; a small one is copied out of it.
  const own = file.byteLength === file.buffer.byteLength ? file.buffer : Uint8Array.from(file).buffer
  return { onnx: own as ArrayBuffer, digest }
}

/** @throws Error when there is one that cannot be read: a typing error must not send all calls to another version */
export async function readRouting(root: string, name: string): Promise<Routing> {
  try {
    return routingSchema.parse(await readJson(join(root, name, 'routing.json')))
  } catch (error) {
    if (isMissing(error)) return {}
    throw error
  }
}

async function subfolders(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true })
  // Links too: Kubernetes mounts a volume's folders as links.
  return entries
    .filter((e) => (e.isDirectory() || e.isSymbolicLink()) && !e.name.startsWith('.'))
    .map((e) => e.name)
}

async function stampOf(path: string): Promise<string | undefined> {
  try {
    const files = await Promise.all(['manifest.json', 'model.onnx'].map((name) => stat(join(path, name))))
    return files.map((file) => `${file.size}@${file.mtimeMs}#${file.ino}`).join(' ')
  } catch (error) {
    if (!isMissing(error)) throw error
    // A manifest alone is reported when it is read; a folder without one is not a model.
    return stat(join(path, 'manifest.json')).then(
      () => 'no model.onnx',
      () => undefined,
    )
  }
}

async function readJson(path: string): Promise<unknown> {
  const { size } = await stat(path)
  if (size > MAX_JSON_BYTES) throw new Error(`${path} exceeds ${MAX_JSON_BYTES} bytes`)
  return JSON.parse(await readFile(path, 'utf8'))
}

const isMissing = (error: unknown): boolean => {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'ENOENT' || code === 'ENOTDIR'
}
