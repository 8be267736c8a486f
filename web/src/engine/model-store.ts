import { type Manifest, parseManifest } from '@detl/core/model/manifest'
import { type ModelFile, mainFile, webAssemblyFile } from '@detl/core/model/model-file'
import { PageError } from './types.ts'

const CACHE = 'detl-model'

export type StoredModel = {
  readonly manifest: Manifest
  readonly file: ModelFile
  readonly bytes: Uint8Array
}

/**
 * The model beside the page: from this browser's cache, else from the network, and in either case only with the digest that the page
 * was built with.
 * @param provider what will run it: WebAssembly may have a file of its own
 * @param progress share of the model that has arrived, 0–1
 * @throws PageError model-damaged, offline
 */
export async function loadModel(
  manifestSha256: string,
  provider: 'webgpu' | 'wasm',
  progress: (share: number) => void,
): Promise<StoredModel> {
  const cache = await caches.open(CACHE)
  const manifestBytes = await stored(cache, '/model/manifest.json', manifestSha256, () => undefined)
  const manifest = parseManifest(JSON.parse(new TextDecoder().decode(manifestBytes)))
  const file = fileFor(manifest, provider)
  const bytes = await stored(cache, `/model/${file.name}`, file.sha256, progress)
  progress(1)
  return { manifest, file, bytes }
}

function fileFor(manifest: Manifest, provider: 'webgpu' | 'wasm'): ModelFile {
  try {
    return provider === 'webgpu' ? mainFile(manifest) : webAssemblyFile(manifest)
  } catch (cause) {
    throw new PageError({ code: 'model-damaged', detail: (cause as Error).message }, { cause })
  }
}

async function stored(
  cache: Cache,
  path: string,
  sha256: string,
  progress: (share: number) => void,
): Promise<Uint8Array> {
  const name = `${path}?${sha256}`
  const known = await cache.match(name)
  if (known) {
    const bytes = new Uint8Array(await known.arrayBuffer())
    if ((await digest(bytes)) === sha256) return bytes
    await cache.delete(name)
  }
  const bytes = await download(name, progress)
  const got = await digest(bytes)
  if (got !== sha256) {
    throw new PageError({ code: 'model-damaged', detail: `${path}: sha256 ${got}; expected ${sha256}` })
  }
  for (const old of await cache.keys()) {
    if (new URL(old.url).pathname === path) await cache.delete(old)
  }
  await cache.put(name, new Response(bytes))
  return bytes
}

async function download(path: string, progress: (share: number) => void): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const response = await fetch(path, { cache: 'no-cache' })
    if (!response.ok || !response.body) {
      throw new PageError({ code: 'not-found', detail: `${path}: ${response.status}` })
    }
    const length = Number(response.headers.get('content-length') ?? 0)
    const chunks: Uint8Array<ArrayBuffer>[] = []
    let received = 0
    for (const reader = response.body.getReader(); ; ) {
      const { done, value } = await reader.read()
      if (done) break
      chunks.push(value)
      received += value.length
      if (length > 0) progress(Math.min(1, received / length)) // the length may be that of compressed bytes
    }
    return new Uint8Array(await new Blob(chunks).arrayBuffer())
  } catch (cause) {
    if (cause instanceof PageError) throw cause
    throw new PageError({ code: 'offline', detail: String(cause) }, { cause })
  }
}

async function digest(bytes: Uint8Array): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>))
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
