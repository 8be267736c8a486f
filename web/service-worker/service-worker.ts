/**
 * The page without a network. Its files are kept with their digests checked by the browser (Subresource Integrity); the
 * runtime for scoring on the device is kept when the page asks for it, or once it was fetched. Calls of the endpoint are never touched or kept.
 */
const worker = self as unknown as ServiceWorkerGlobalScope

/** Path → integrity; written by the build. */
declare const __FILES__: Record<string, string>
const files = __FILES__
/** The same of ONNX Runtime, in its builds with and without WebGPU. */
declare const __RUNTIME__: Record<string, string>
const runtimes = __RUNTIME__

const PAGE = `detl-page-${version()}`
const RUNTIME = 'detl-runtime'
const NETWORK_MS = 4000

worker.addEventListener('install', (event) => {
  event.waitUntil(keepPage())
})

worker.addEventListener('activate', (event) => {
  event.waitUntil(dropOldPages())
})

worker.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== worker.location.origin) return
  if (request.mode === 'navigate') {
    if (url.pathname === '/') event.respondWith(newestPage(request))
  } else if (url.pathname in files) event.respondWith(kept(request, PAGE))
  else if (url.pathname.startsWith('/assets/')) event.respondWith(keptFromNowOn(request))
})

worker.addEventListener('message', (event) => {
  const { runtime } = event.data as { runtime: 'webgpu' | 'wasm' }
  const kept = keepRuntime(runtime).then(
    () => '',
    (error: unknown) => String(error),
  )
  event.waitUntil(kept.then((failure) => event.ports[0]?.postMessage(failure)))
})

async function keepPage() {
  const cache = await caches.open(PAGE)
  await cache.addAll(
    Object.entries(files).map(([path, integrity]) => new Request(path, { integrity, cache: 'no-cache' })),
  )
}

async function dropOldPages() {
  for (const name of await caches.keys()) {
    if (name.startsWith('detl-page-') && name !== PAGE) await caches.delete(name)
  }
  const cache = await caches.open(RUNTIME)
  for (const { url } of await cache.keys()) if (!(new URL(url).pathname in runtimes)) await cache.delete(url)
  await worker.clients.claim()
}

/** The build with WebGPU waits for it by JavaScript Promise Integration, and is named after that. */
async function keepRuntime(runtime: 'webgpu' | 'wasm') {
  const cache = await caches.open(RUNTIME)
  for (const [path, integrity] of Object.entries(runtimes)) {
    if (path.includes('jspi') !== (runtime === 'webgpu')) continue
    if (!(await cache.match(path, { ignoreVary: true }))) await cache.add(new Request(path, { integrity }))
  }
}

/** The network's page, since it may be newer; the kept one where there is no network or it is slow. */
async function newestPage(request: Request): Promise<Response> {
  const patience = new Promise<undefined>((resolve) => setTimeout(resolve, NETWORK_MS))
  const response = await Promise.race([fetch(request).catch(() => undefined), patience])
  return response?.ok ? response : kept(new Request('/'), PAGE)
}

async function kept(request: Request, name: string): Promise<Response> {
  const cache = await caches.open(name)
  return (await cache.match(request, { ignoreVary: true })) ?? fetch(request)
}

/** File names under /assets/ hold their digest: what is kept is never out of date. */
async function keptFromNowOn(request: Request): Promise<Response> {
  const cache = await caches.open(RUNTIME)
  const known = await cache.match(request, { ignoreVary: true })
  if (known) return known
  const response = await fetch(request)
  if (response.ok) await cache.put(request, response.clone())
  return response
}

/** The list of files with their digests stands for the version: FNV-1a, enough to tell one build from another. */
function version(): string {
  let hash = 0x811c9dc5
  for (const char of JSON.stringify(files)) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193)
  return (hash >>> 0).toString(36)
}
