import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import type { buildWorker } from './edge-bundle.ts'

type Built = Awaited<ReturnType<typeof buildWorker>>

/** Passes a request on to the Worker that is measured, as the edge does over its service binding. */
const CALLER = `
export default {
  async fetch(request, { MEASURED }) {
    const url = new URL(request.url)
    if (url.pathname !== '/run') return MEASURED.fetch(request)
    const tensor = new Uint8Array(await request.arrayBuffer())
    const run = await MEASURED.run(tensor, { sha256: url.searchParams.get('sha256'), file: 'model.onnx', size: Number(url.searchParams.get('size')), outputs: url.searchParams.get('outputs').split(',') })
    if (!run.ok) return new Response(run.detail, { status: 503 })
    return Response.json({ probabilities: [...run.probabilities], cam: [...run.cam] })
  },
}`

/**
 * A Worker as it is uploaded, in workerd, with a look at its memory. What is counted is what Cloudflare's limit of 128 MB an isolate counts:
 * V8's heap (all that it has taken from the system, garbage included) and what lies beside it, the memory of ArrayBuffers and of WebAssembly. Compiled code is not.
 * V8 is asked between two of the Worker's steps: what a step takes and gives back before it ends is not seen, but
 * WebAssembly's memory never shrinks while it is kept, and arrays are freed by a garbage collection only, so little of it is missed.
 * @param objects of the R2 bucket MODELS
 */
export async function measuredWorker(built: Built, objects: Readonly<Record<string, Uint8Array>> = {}) {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      inspectorPort: 0,
      workers: [
        {
          name: 'caller',
          modules: [{ type: 'ESModule', path: 'caller.mjs', contents: CALLER }],
          compatibilityDate: '2026-10-20',
          serviceBindings: { MEASURED: built.name },
        },
        {
          name: built.name,
          modulesRoot: built.dir,
          modules: [...built.modules],
          compatibilityDate: '2026-10-20',
          compatibilityFlags: ['nodejs_compat'],
          r2Buckets: { MODELS: 'models' },
        },
      ],
    }),
  )
  await miniflare.ready
  const bucket = await miniflare.getR2Bucket('MODELS', built.name)
  for (const [key, value] of Object.entries(objects)) await bucket.put(key, value)
  const inspector = await inspect(new URL(`/core:user:${built.name}`, await miniflare.getInspectorURL()))
  let peak = 0
  let going = true
  const sample = async () => {
    const usage = await inspector.ask<HeapUsage>('Runtime.getHeapUsage')
    peak = Math.max(peak, usage.totalSize + usage.embedderHeapUsedSize + usage.backingStorageSize)
  }
  const sampling = (async () => {
    while (going) {
      await sample()
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  })()
  return {
    post: (path: string, body: Uint8Array) =>
      miniflare.dispatchFetch(`http://edge${path}`, { method: 'POST', body }),
    /** The most that was seen so far, in MB (10⁶ bytes). */
    peakMb: async () => {
      await sample()
      const wasm = await wasmBytes(inspector)
      return { heap: peak / 1e6, wasm: wasm / 1e6, all: (peak + wasm) / 1e6 }
    },
    stop: async () => {
      going = false
      await sampling
      inspector.close()
      await miniflare.dispose()
    },
  }
}

type HeapUsage = { totalSize: number; embedderHeapUsedSize: number; backingStorageSize: number }
type Inspector = Awaited<ReturnType<typeof inspect>>

/** Of every WebAssembly.Memory that is alive; V8 does not count it as backing storage. */
async function wasmBytes({ ask, context }: Inspector): Promise<number> {
  const objectGroup = 'memories'
  const { result } = await ask<{ result: { objectId: string } }>('Runtime.evaluate', {
    expression: 'WebAssembly.Memory.prototype',
    contextId: context,
    objectGroup,
  })
  const { objects } = await ask<{ objects: { objectId: string } }>('Runtime.queryObjects', {
    prototypeObjectId: result.objectId,
    objectGroup,
  })
  const sum = await ask<{ result: { value: number } }>('Runtime.callFunctionOn', {
    objectId: objects.objectId,
    functionDeclaration:
      'function () { return this.reduce((sum, memory) => sum + memory.buffer.byteLength, 0) }',
    returnByValue: true,
  })
  // What the inspector holds is alive: without this, each look would keep all memories from being freed.
  await ask('Runtime.releaseObjectGroup', { objectGroup })
  return sum.result.value
}

/** V8's inspector protocol, as little of it as is needed. */
async function inspect(url: URL) {
  const socket = new WebSocket(url)
  await new Promise((resolve, reject) => {
    socket.onopen = resolve
    socket.onerror = () => reject(new Error(`no inspector at ${url}`))
  })
  let last = 0
  const waiting = new Map<number, (answer: { result?: unknown; error?: { message: string } }) => void>()
  let context = 0
  socket.onmessage = ({ data }) => {
    const answer = JSON.parse(String(data))
    if (answer.method === 'Runtime.executionContextCreated') context = answer.params.context.id
    waiting.get(answer.id)?.(answer)
    waiting.delete(answer.id)
  }
  const ask = <T>(method: string, params: object = {}) =>
    new Promise<T>((resolve, reject) => {
      waiting.set(++last, ({ result, error }) =>
        error ? reject(new Error(`${method}: ${error.message}`)) : resolve(result as T),
      )
      socket.send(JSON.stringify({ id: last, method, params }))
    })
  await ask('Runtime.enable') // tells of the context in which expressions are evaluated
  return { ask, context, close: () => socket.close() }
}
