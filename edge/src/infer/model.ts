import type { FileOf } from './runner.ts'

/** Where the model may lie: an R2 bucket as `<SHA-256>.onnx`, or the static assets that `web`'s build lays down. */
export type ModelSource = {
  readonly MODELS?: Pick<R2Bucket, 'get' | 'head'>
  readonly ASSETS?: { fetch(url: string): Promise<Response> }
}

/** Why this Worker has not the model that it was asked for; its text is the deployment's business. */
export class ModelError extends Error {
  override readonly name = 'ModelError'
}

/**
 * The bytes of a model's file, from R2 where a bucket is bound, else from the assets.
 * @param asked its digest, lower-case hex, of the manifest of who asks, and its name among the assets
 * @throws ModelError when it is not there, or has another digest
 */
export async function readModel(source: ModelSource, { sha256, file }: FileOf): Promise<Uint8Array> {
  const bytes = source.MODELS
    ? await fromBucket(source.MODELS, sha256)
    : await fromAssets(source.ASSETS, file)
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  if (hex(hash) !== sha256)
    throw new ModelError('the edge’s own model is another one than its manifest names')
  return bytes
}

/**
 * manifest.json beside the model; null where a bucket holds it, which has models alone, by their digest.
 * @throws ModelError when there is no model, or in the bucket not this one
 */
export async function describeModel({ MODELS, ASSETS }: ModelSource, sha256: string): Promise<string | null> {
  if (MODELS) {
    if (await MODELS.head(`${sha256}.onnx`)) return null
    throw new ModelError('the edge has no model of its own: its bucket has not this one')
  }
  const response = await ASSETS?.fetch('https://assets/manifest.json')
  if (response?.ok) return response.text()
  await response?.body?.cancel()
  throw new ModelError(`the edge has no model of its own (${response?.status ?? 'no assets, no bucket'})`)
}

async function fromBucket(bucket: Pick<R2Bucket, 'get'>, sha256: string): Promise<Uint8Array<ArrayBuffer>> {
  const object = await bucket.get(`${sha256}.onnx`)
  if (!object) throw new ModelError('the edge has no model of its own: its bucket has not this one')
  return new Uint8Array(await object.arrayBuffer())
}

async function fromAssets(
  assets: ModelSource['ASSETS'],
  file: FileOf['file'],
): Promise<Uint8Array<ArrayBuffer>> {
  const response = await assets?.fetch(`https://assets/${file}`) // the host is not looked at
  if (!response?.ok) {
    throw new ModelError(`the edge has no model of its own (${response?.status ?? 'no assets, no bucket'})`)
  }
  return new Uint8Array(await response.arrayBuffer())
}

const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
