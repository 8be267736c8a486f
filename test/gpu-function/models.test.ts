import { createHash } from 'node:crypto'
import {
  appendFileSync,
  cpSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { createApp } from '@detl/gpu-function/app'
import { DEFAULTS } from '@detl/gpu-function/env'
import type { LoadOptions } from '@detl/gpu-function/loaded-model'
import { Metrics } from '@detl/gpu-function/metrics'
import { Models } from '@detl/gpu-function/models'
import { ReplayCache } from '@detl/gpu-function/replay'
import { pino } from 'pino'
import { afterEach, describe, expect, it } from 'vitest'
import { inferCall, readAnswer, signedCall } from '../support/gpu-client.ts'
import { gpuServer } from '../support/gpu-server.ts'
import { listenWith } from '../support/listen.ts'
import { modelsFolder, writeModel } from '../support/model-folder.ts'
import { TINY } from '../support/tiny-model.ts'

const OPTIONS: LoadOptions = {
  providers: ['cpu'],
  threads: 1,
  maxRows: 2,
  requireGpu: false,
  precision: 'fp32',
  join: 'auto',
  delayMs: 0,
  maxQueueRows: 8,
  maxWaitMs: 1_000,
}
const image = new Uint8Array(32 * 32).fill(9)
const folders: { remove(): void }[] = []
const open: Models[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((models) => models.close()))
  for (const folder of folders.splice(0)) folder.remove()
})

function setUp(options: Partial<LoadOptions> = {}) {
  const folder = modelsFolder()
  folders.push(folder)
  const deps = { log: pino({ level: 'silent' }), metrics: new Metrics() }
  const models = new Models({ root: folder.root, options: { ...OPTIONS, ...options }, ...deps })
  open.push(models)
  return { folder, models, ...deps }
}

const scores = async (models: Models, version?: string) => {
  const model = models.choose('detl', { version, id: '' })
  const job = { input: image, rows: 1, outputs: ['logits'], deadline: Number.POSITIVE_INFINITY }
  return Buffer.from((await model.batcher.submit(job)).outputs[0]!.data).toString('hex')
}

describe('the models folder', () => {
  it('holds one version by itself, or several in folders of any name', async () => {
    const { folder, models } = setUp()
    folder.add({ name: 'one', version: '7' })
    folder.add({ version: '1.9.0', folder: 'a' })
    folder.add({ version: '1.10.0', folder: 'b', network: { ...TINY, seed: 2 } })
    await models.refresh()
    expect(models.failures()).toEqual([])
    expect(models.versions('one')).toEqual(['7'])
    expect(models.versions('detl').sort()).toEqual(['1.10.0', '1.9.0'])
    expect(models.choose('detl', { id: '' }).version).toBe('1.10.0')
    expect(await scores(models, '1.9.0')).not.toBe(await scores(models, '1.10.0'))
  })

  it.each([
    ['has lost a byte', (path: string) => truncateSync(join(path, 'model.onnx'), 1000), 'sha256'],
    ['has another byte', (path: string) => appendFileSync(join(path, 'model.onnx'), 'x'), 'sha256'],
    ['is gone', (path: string) => rmSync(join(path, 'model.onnx')), 'model.onnx'],
    [
      'has a manifest that is no JSON',
      (path: string) => writeFileSync(join(path, 'manifest.json'), '{'),
      'JSON',
    ],
    [
      'has a manifest that lacks fields',
      (path: string) => writeFileSync(join(path, 'manifest.json'), '{}'),
      'schema',
    ],
    ['lies in a folder of another name', (path: string) => writeModel(path, { name: 'other' }), 'other'],
  ])('names a model that %s, and serves the others', async (_, damage, reason) => {
    const { folder, models } = setUp()
    folder.add({ name: 'good' })
    damage(folder.add())
    await models.refresh()
    expect(models.failures()).toHaveLength(1)
    expect(models.failures()[0]).toContain(reason)
    expect(models.ready).toBe(false)
    expect(models.versions('good')).toEqual(['1'])
    expect(models.index()).toContainEqual(expect.objectContaining({ name: 'detl', state: 'UNAVAILABLE' }))
  })

  it('names a file whose digest is right and which is not ONNX', async () => {
    const { folder, models } = setUp()
    const path = folder.add()
    const manifest = JSON.parse(readFileSync(join(path, 'manifest.json'), 'utf8'))
    const garbage = Buffer.from('this is not a model')
    writeFileSync(join(path, 'model.onnx'), garbage)
    manifest.files['model.onnx'] = createHash('sha256').update(garbage).digest('hex')
    writeFileSync(join(path, 'manifest.json'), JSON.stringify(manifest))
    await models.refresh()
    expect(models.failures()[0]).toContain('no execution provider takes the model')
  })

  it('refuses a manifest that promises another size than the network has', async () => {
    const { folder, models } = setUp()
    const path = folder.add()
    const other = modelsFolder()
    folders.push(other)
    const promised = other.add({ network: { ...TINY, size: 48 } })
    const manifest = JSON.parse(readFileSync(join(promised, 'manifest.json'), 'utf8'))
    manifest.files = JSON.parse(readFileSync(join(path, 'manifest.json'), 'utf8')).files
    writeFileSync(join(path, 'manifest.json'), JSON.stringify(manifest))
    await models.refresh()
    expect(models.failures()[0]).toContain('manifest.json says [-1,1,48,48]')
  })

  it('keeps the version that runs when a changed file is damaged, and takes the repaired one', async () => {
    const { folder, models } = setUp()
    const path = folder.add()
    await models.refresh()
    const before = await scores(models)
    appendFileSync(join(path, 'model.onnx'), 'x')
    await models.refresh()
    expect(models.failures()).toHaveLength(1)
    expect(await scores(models)).toBe(before)
    writeModel(path, { network: { ...TINY, seed: 3 } })
    await models.refresh()
    expect(models.failures()).toEqual([])
    expect(await scores(models)).not.toBe(before)
  })

  it('goes on serving a model whose files, or whose whole disk, have vanished', async () => {
    const { folder, models } = setUp()
    const path = folder.add()
    await models.refresh()
    rmSync(path, { recursive: true })
    await models.refresh()
    expect(models.ready).toBe(true)
    expect(await scores(models)).toHaveLength(32)
    folder.remove()
    await expect(models.refresh()).rejects.toThrow('ENOENT')
    expect(await scores(models)).toHaveLength(32)
  })

  it('starts a new thread for one that has ended', async () => {
    const { folder, models } = setUp()
    folder.add()
    await models.refresh()
    const { session } = models.choose('detl', { id: '' })
    await session.close()
    expect(models.ready).toBe(false)
    await expect(scores(models)).rejects.toThrow(expect.objectContaining({ code: 'upstream-unavailable' }))
    const back = async () => {
      for (let tries = 0; tries < 400 && !models.ready; tries++)
        await new Promise((resolve) => setTimeout(resolve, 25))
    }
    await back()
    expect(await scores(models)).toHaveLength(32)
  })

  it('runs calls again, once, whose thread ended under them', async () => {
    const { folder, models, log, metrics } = setUp()
    folder.add({ network: { size: 160, filters: [64, 96], dense: [16], seed: 1 } })
    const state = { draining: false }
    const deps = { models, metrics, log, state, replay: new ReplayCache() }
    const server = await listenWith(createApp({ ...DEFAULTS, ...deps, keys: 'none' }))
    await models.refresh()
    const { session } = models.choose('detl', { id: '' })
    const calls = Array.from({ length: 3 }, async () => {
      const { path, init } = await inferCall({ image: new Uint8Array(160 * 160).fill(9), size: 160 })
      return (await fetch(server.url + path, init)).status
    })
    const { batcher } = models.choose('detl', { id: '' })
    for (let tries = 0; tries < 1000 && batcher.queuedRows === 0; tries++)
      await new Promise((resolve) => setTimeout(resolve, 1))
    // One runs, for some tens of milliseconds: the third is here by now too.
    await new Promise((resolve) => setTimeout(resolve, 10))
    await session.close()
    expect(await Promise.all(calls)).toEqual(calls.map(() => 200))
    await server.stop()
    expect(models.choose('detl', { id: '' }).session).not.toBe(session)
    expect(await metrics.registry.metrics()).toMatch(/detl_gpu_retries_total\{model="detl"\} [123]/)
  })

  it('routes by routing.json, and keeps the routing it had when that cannot be read', async () => {
    const { folder, models } = setUp()
    folder.add({ version: '1', folder: '1' })
    folder.add({ version: '2', folder: '2' })
    const routing = join(folder.root, 'detl', 'routing.json')
    writeFileSync(routing, JSON.stringify({ default: '1', canary: { version: '2', weight: 0.5 } }))
    await models.refresh()
    const share = () =>
      Array.from({ length: 400 }, (_, i) => models.choose('detl', { id: `${i}` }).version).filter(
        (v) => v === '2',
      ).length
    expect(share()).toBeGreaterThan(120)
    expect(share()).toBeLessThan(280)
    writeFileSync(routing, '{"default": 1}')
    await models.refresh()
    expect(share()).toBeGreaterThan(120)
    writeFileSync(routing, '{"default": "1"}')
    await models.refresh()
    expect(share()).toBe(0)
  })

  it('refuses a CPU where a GPU is required', async () => {
    const { folder, models } = setUp({ requireGpu: true })
    folder.add()
    await models.refresh()
    expect(models.failures()[0]).toContain('a GPU is required')
  })
})

describe('execution providers', () => {
  it('falls back to the CPU where CUDA is not there, and says why', async () => {
    const { folder, models } = setUp({ providers: ['cuda', 'cpu'] })
    folder.add()
    await models.refresh()
    const { session } = models.choose('detl', { id: '' })
    // On a machine with CUDA the first of the two is taken and nothing is refused.
    if (session.provider === 'cpu') expect(session.refused[0]).toMatch(/^cuda: /)
    else expect(session.refused).toEqual([])
    expect(await scores(models)).toHaveLength(32)
  })
})

describe('loading and unloading under way', () => {
  const server = gpuServer({ modelsPollMs: 50 })

  it('drops no call while versions change and a second model comes and goes', async () => {
    const versions = new Set<string | undefined>()
    const scoresSeen = new Set<string>()
    let running = true
    let calls = 0
    const caller = async () => {
      while (running) {
        const { path, init } = await inferCall({ image, outputs: ['probabilities'] })
        const response = await server.fetch(path, init)
        expect(response.status).toBe(200)
        const answer = await readAnswer(response)
        versions.add(answer.modelVersion)
        scoresSeen.add(Buffer.from(answer.outputs[0]!.data).toString('hex'))
        calls++
      }
    }
    const callers = Promise.all(Array.from({ length: 4 }, caller))
    const until = async (done: () => boolean) => {
      for (let tries = 0; tries < 200 && !done(); tries++)
        await new Promise((resolve) => setTimeout(resolve, 25))
      expect(done()).toBe(true)
    }
    // Written elsewhere, then moved: a reader never sees half a folder.
    const { root } = server.models
    const aside = modelsFolder()
    folders.push(aside)
    for (const version of ['2', '3']) {
      cpSync(
        aside.add({ version, folder: version, network: { ...TINY, seed: Number(version) } }),
        join(root, `.new-${version}`),
        { recursive: true },
      )
      renameSync(join(root, `.new-${version}`), join(root, 'detl', version))
      await until(() => versions.has(version))
    }
    // The same version with other weights, in place: the old session finishes what it has.
    for (const seed of [11, 12]) {
      server.models.add({ version: '3', folder: '3', network: { ...TINY, seed } })
      const before = scoresSeen.size
      await until(() => scoresSeen.size > before)
    }
    server.models.add({ name: 'second' })
    const repository = async (path: string) => server.fetch(path, await signedCall('POST', path))
    expect((await repository('/v2/repository/models/second/load')).status).toBe(200)
    expect((await repository('/v2/repository/models/second/unload')).status).toBe(200)
    running = false
    await callers
    expect(calls).toBeGreaterThan(10)
    expect([...versions]).toEqual(['1', '2', '3'])
  })

  it('answers by the version that a header names', async () => {
    const { path, init } = await inferCall({
      image,
      outputs: ['logits'],
      headers: { 'detl-model-version': '1' },
    })
    expect((await readAnswer(await server.fetch(path, init))).modelVersion).toBe('1')
  })
})
