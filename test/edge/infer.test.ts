import { createHash } from 'node:crypto'
import { edgeInfer } from '@detl/edge/fallback/edge-infer'
import { describeModel, ModelError, type ModelSource, readModel } from '@detl/edge/infer/model'
import { runner } from '@detl/edge/infer/runner'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { testManifest } from '../support/manifest.ts'

const MODEL = Buffer.from('the bytes of a model')
const SHA256 = createHash('sha256').update(MODEL).digest('hex')
const ASKED = { sha256: SHA256, file: 'model.onnx' } as const
const call = { requestId: 'r', mode: 'live', signal: new AbortController().signal } as const

describe('the model of the edge', () => {
  const assets = (body: Buffer | string, status = 200, name = '') => ({
    fetch: async (url: string) =>
      new Response(typeof body === 'string' ? body : Uint8Array.from(body), {
        status: url.endsWith(name) ? status : 404,
      }),
  })
  const bucket = (objects: Record<string, Buffer>) =>
    ({
      head: async (key: string) => objects[key] ?? null,
      get: async (key: string) =>
        objects[key] && { arrayBuffer: async () => Uint8Array.from(objects[key]!).buffer },
    }) as unknown as NonNullable<ModelSource['MODELS']>

  it('tells its manifest where the assets hold it, and in a bucket that it is there', async () => {
    const MODELS = bucket({ [`${SHA256}.onnx`]: MODEL })
    expect(await describeModel({ ASSETS: assets('{"name":"ours"}') }, SHA256)).toBe('{"name":"ours"}')
    expect(await describeModel({ MODELS }, SHA256)).toBeNull()
    await expect(describeModel({ MODELS }, 'a'.repeat(64))).rejects.toThrow(ModelError)
    await expect(describeModel({ ASSETS: assets('no', 404) }, SHA256)).rejects.toThrow(ModelError)
  })

  it('is read from the assets, or from a bucket by its digest', async () => {
    expect(Buffer.from(await readModel({ ASSETS: assets(MODEL) }, ASKED))).toEqual(MODEL)
    const MODELS = bucket({ [`${SHA256}.onnx`]: MODEL })
    expect(Buffer.from(await readModel({ MODELS, ASSETS: assets('other') }, ASKED))).toEqual(MODEL)
  })

  it('is read from the assets by the name of the file that is asked for', async () => {
    const ASSETS = assets(MODEL, 200, '/model.int8.onnx')
    expect(Buffer.from(await readModel({ ASSETS }, { ...ASKED, file: 'model.int8.onnx' }))).toEqual(MODEL)
    await expect(readModel({ ASSETS }, ASKED)).rejects.toThrow(ModelError)
  })

  it.each([
    ['is not there', { ASSETS: assets('no', 404) }],
    ['is not in the bucket', { MODELS: bucket({}) }],
    ['has another digest', { ASSETS: assets('another') }],
    ['has another digest than its name says', { MODELS: bucket({ [`${SHA256}.onnx`]: Buffer.from('x') }) }],
    ['has no place', {}],
  ])('is refused where it %s', async (_, source) => {
    await expect(readModel(source, ASKED)).rejects.toThrow(ModelError)
  })
})

describe('the runs of the model', () => {
  beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => undefined))
  afterEach(() => vi.restoreAllMocks())

  function sessions() {
    const events: string[] = []
    let fail = false
    const run = runner({
      readModel: async ({ sha256 }) => {
        if (sha256 === 'missing') throw new ModelError('not there')
        return new TextEncoder().encode(sha256)
      },
      createSession: async (model) => {
        const name = new TextDecoder().decode(model)
        events.push(`create ${name}`)
        return {
          heapBytes: () => 0,
          release: async () => void events.push(`release ${name}`),
          run: async () => {
            events.push(`run ${name}`)
            await new Promise((resolve) => setTimeout(resolve, 5))
            if (fail) throw new Error('the runtime broke')
            events.push(`end ${name}`)
            return { probabilities: new Float32Array(4), cam: new Float32Array(4) }
          },
        }
      },
    })
    return {
      events,
      break: (broken: boolean) => {
        fail = broken
      },
      run: (sha256: string) =>
        run(new Uint8Array(1), { sha256, file: 'model.onnx', size: 1, outputs: ['probabilities', 'cam'] }),
    }
  }

  it('share one session and come one after the other', async () => {
    const { run, events } = sessions()
    await Promise.all([run('a'), run('a')])
    expect(events).toEqual(['create a', 'run a', 'end a', 'run a', 'end a'])
  })

  it('never hold two models: another one takes the place of the first', async () => {
    const { run, events } = sessions()
    await run('a')
    await run('b')
    expect(events).toEqual(['create a', 'run a', 'end a', 'release a', 'create b', 'run b', 'end b'])
  })

  it('keep the session when another model is asked for that is not there', async () => {
    const { run, events } = sessions()
    await run('a')
    await expect(run('missing')).rejects.toThrow('not there')
    await run('a')
    expect(events.filter((event) => event.startsWith('create'))).toEqual(['create a'])
  })

  it('make a new session after one has failed', async () => {
    const edge = sessions()
    edge.break(true)
    await expect(edge.run('a')).rejects.toThrow('the runtime broke')
    edge.break(false)
    await edge.run('a')
    expect(edge.events).toEqual(['create a', 'run a', 'release a', 'create a', 'run a', 'end a'])
  })
})

describe('the edge’s own answer', () => {
  const files = { 'model.onnx': 'a'.repeat(64), 'model.int8.onnx': 'b'.repeat(64) }
  const manifest = testManifest({ files })
  const outputs = { probabilities: new Float32Array(4), cam: new Float32Array(4) }
  const int8 = { method: 'minmax', images: 512 } as const

  it.each([
    ['model.onnx', 'fp32', 'there is no other', {}],
    ['model.int8.onnx', 'int8', 'WebAssembly is faster with it', { int8: { ...int8, webAssembly: true } }],
    ['model.onnx', 'fp32', 'WebAssembly is slower with the other', { int8: { ...int8, webAssembly: false } }],
    ['model.onnx', 'int8', 'that has 8-bit integers itself', { precision: 'int8' }],
  ] as const)('is of %s, in %s, where %s', async (file, precision, _, change) => {
    const asked: unknown[] = []
    const infer = edgeInfer(testManifest({ files, ...change }), {
      run: async (_tensor, of) => {
        asked.push(of)
        return { ok: true, ...outputs }
      },
    })
    const computedOn = { provider: 'wasm', adapter: 'workerd', precision }
    expect(await infer(new Uint8Array(1), call)).toEqual({ ...outputs, servedBy: 'edge', computedOn })
    const { size } = manifest.preprocess
    expect(asked).toEqual([{ sha256: files[file], file, size, outputs: ['probabilities', 'cam'] }])
  })

  it.each([
    ['there is no such Worker', undefined, 'no model at the edge'],
    [
      'it has not the model',
      { run: async () => ({ ok: false, detail: 'another model' }) as const },
      'another model',
    ],
    [
      'it was ended',
      { run: () => Promise.reject(new Error('exceeded its memory')) },
      'cannot run its own model',
    ],
  ])('is upstream-unavailable where %s', async (_, service, detail) => {
    await expect(edgeInfer(manifest, service)(new Uint8Array(1), call)).rejects.toMatchObject({
      code: 'upstream-unavailable',
      detail: expect.stringContaining(detail),
    })
  })
})
