/**
 * Batches through the edge as `detl serve edge` runs it, and the GPU function in a process of its own.
 * `batches.results`, `.charges`, `.doubles`, `.memory_growth`: DETL_BATCH_ITEMS items (10,000) while the GPU function is killed twice and
 * workerd three times. `batches.of_gpu`: items a second of a batch ÷ calls a second of the GPU function at saturation, with the paper's
 * network at S = 128 on one thread, so that on a machine of two cores the edge has the other; calls before and after each batch.
 * `batches.of_far_gpu`: the same against a server of a fixed pace that takes no core of this machine, as a GPU elsewhere does: whether batches
 * keep it busy.
 */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseManifest } from '@detl/core/model/manifest'
import { batchClient } from '../test/support/batch-run.ts'
import { setup as buildPage } from '../test/support/build-page.ts'
import { edgeProcess, SECRETS } from '../test/support/edge-process.ts'
import { freePort } from '../test/support/free-port.ts'
import { KEYS_TEXT } from '../test/support/gpu-client.ts'
import { startServer } from '../test/support/gpu-process.ts'
import { gpuStandIn } from '../test/support/gpu-stand-in.ts'
import { imageServer } from '../test/support/image-server.ts'
import { chestPng } from '../test/support/images.ts'
import { testManifest } from '../test/support/manifest.ts'
import { type ModelOptions, modelsFolder } from '../test/support/model-folder.ts'
import { DETL12 } from '../test/support/tiny-model.ts'
import { runLoad } from './gpu/run-load.ts'
import type { Figure } from './run.ts'
import { type MemorySample, watchMemory } from './watch-memory.ts'

const ITEMS = Number(process.env.DETL_BATCH_ITEMS ?? 10_000)
const KILLS = 3
/** Of one step, on a machine that has other work. */
const STEP_MS = 3_600_000
const ROUNDS = 3
const ROUND_ITEMS = 400
const IMAGES = 20
const FAR_CALL_MS = 50

export default async function batches(): Promise<Record<string, Figure>> {
  buildPage() // workerd does not start without it
  return { ...(await killed()), ...(await farPace()), ...(await pace()) }
}

/** The edge, the GPU function beside it, and an archive of a few images under many addresses. */
async function world(network: ModelOptions, threads: string) {
  const models = modelsFolder()
  const folder = models.add(network)
  // Phantoms of a few pixels are let in.
  const gate = testManifest().gate
  const manifest = { ...parseManifest(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'))), gate }
  const images = await imageServer(
    await Promise.all(Array.from({ length: IMAGES }, (_, i) => chestPng(i, 160))),
  )
  const port = await freePort()
  const startGpu = () =>
    startServer(models.root, {
      PORT: String(port),
      DETL_THREADS: threads,
      DETL_SIGNING_KEYS: `${SECRETS.signingKey},${KEYS_TEXT}`,
    })
  const state = { gpu: await startGpu() }
  const edge = await edgeProcess({
    manifest,
    gpuUrl: state.gpu.url,
    vars: { BATCH_HOSTS: images.url, BATCH_LEASE_MS: '20000', FALLBACK: 'fail' },
  })
  return {
    edge,
    state,
    client: await batchClient(edge),
    archive: images.url,
    items: (n: number) => Array.from({ length: n }, (_, i) => ({ url: `${images.url}/${i}.png` })),
    async killGpu() {
      state.gpu.child.kill('SIGKILL')
      await once(state.gpu.child, 'exit')
      await wait(2000)
      state.gpu = await startGpu()
    },
    async stop() {
      await edge.stop()
      await state.gpu.stop()
      await images.stop()
      models.remove()
    },
  }
}

async function killed(): Promise<Record<string, Figure>> {
  const { edge, client, items, killGpu, stop } = await world({}, '1')
  try {
    const began = Date.now()
    const id = await client.create(items(ITEMS))
    const loadedMs = Date.now() - began
    const reached = (share: number) =>
      client.until(id, (info) => info.items.succeeded >= share * ITEMS, STEP_MS)
    for (let kill = 1; kill <= KILLS; kill++) {
      await reached((kill - 0.75) / (KILLS + 1))
      if (kill < KILLS) await killGpu()
      await reached((kill - 0.5) / (KILLS + 1))
      await edge.kill()
      await edge.start()
    }
    await reached((KILLS + 0.1) / (KILLS + 1)) // what a new process takes at first is not growth
    const memory = watchMemory(() => edge.group())
    const ended = await client.until(id, ({ status }) => status === 'completed', STEP_MS)
    const samples = memory.stop()
    const seconds = (Date.parse(ended.endedAt!) - began) / 1000
    const found = await client.results(id)
    const doubles = [...found.items.values()].filter((times) => times > 1).length
    const against = `${ITEMS} items; GPU function killed ${KILLS - 1} times, workerd ${KILLS} times; manifest read in ${(loadedMs / 1000).toFixed(1)} s, ${seconds.toFixed(0)} s in all`
    const count = (value: number, unit: string): Figure => ({ value, unit, runs: 1, spread: 0, against })
    return {
      'batches.results': count(found.items.size, 'items'),
      'batches.charges': count(await client.billed(), 'charges'),
      'batches.doubles': count(doubles + found.failed, 'items'),
      'batches.memory_growth': growth(samples),
    }
  } finally {
    await stop()
  }
}

/** Last quarter ÷ first quarter of what the largest workerd process holds, after the last restart. */
function growth(samples: readonly MemorySample[]): Figure {
  const quarter = Math.max(1, Math.floor(samples.length / 4))
  const middle = (of: readonly MemorySample[]) =>
    of.map(({ mb }) => mb).sort((a, b) => a - b)[Math.floor(of.length / 2)]!
  const [first, last] = [middle(samples.slice(0, quarter)), middle(samples.slice(-quarter))]
  return {
    value: last / first,
    unit: '×',
    runs: samples.length,
    spread: 0,
    against: `median of the first quarter of the time after the last restart, ${first.toFixed(0)} MB`,
  }
}

/** A stand-in that answers one call after another, each in FAR_CALL_MS, by the clock: its pace at saturation is known. */
async function farPace(): Promise<Record<string, Figure>> {
  const manifest = testManifest()
  const gpu = await gpuStandIn(manifest)
  let free = 0
  gpu.trouble = () => {
    const now = Date.now()
    free = Math.max(now, free) + FAR_CALL_MS
    return { delayMs: free - now }
  }
  const images = await imageServer([await chestPng(1, 160)])
  const edge = await edgeProcess({
    manifest,
    gpuUrl: gpu.url,
    vars: { BATCH_HOSTS: images.url, FALLBACK: 'fail' },
  })
  try {
    const client = await batchClient(edge)
    const ratios: number[] = []
    for (let round = 0; round < ROUNDS + 1; round++)
      ratios.push(((await batchPace(client, images.url)) * FAR_CALL_MS) / 1000)
    const sorted = ratios.slice(1).sort((a, b) => a - b) // the first one compiled and connected
    return {
      'batches.of_far_gpu': {
        value: sorted[Math.floor(sorted.length / 2)]!,
        unit: '×',
        runs: ROUNDS,
        spread: sorted.at(-1)! - sorted[0]!,
        against: `a server of ${1000 / FAR_CALL_MS} calls a second that takes no core; ${ROUND_ITEMS} items; goal 0.9 (higher is better)`,
      },
    }
  } finally {
    await edge.stop()
    await Promise.all([gpu.stop(), images.stop()])
  }
}

/** Items a second of one batch, from its start to its end. */
async function batchPace(client: Awaited<ReturnType<typeof batchClient>>, url: string): Promise<number> {
  const lines = Array.from({ length: ROUND_ITEMS }, (_, i) => ({ url: `${url}/${i}.png` }))
  const id = await client.create(lines, '?paused=true')
  const began = Date.now()
  await client.call('POST', `/${id}/resume`)
  const { endedAt } = await client.until(id, ({ status }) => status === 'completed', STEP_MS)
  return (ROUND_ITEMS * 1000) / (Date.parse(endedAt!) - began)
}

async function pace(): Promise<Record<string, Figure>> {
  const { state, client, archive, stop } = await world({ network: DETL12 }, '1')
  try {
    const saturated = async () => {
      const plan = {
        url: state.gpu.url,
        size: DETL12.size,
        calls: 300,
        outputs: ['probabilities', 'cam'],
        pace: { concurrency: 48 },
      }
      const { seconds, calls } = await runLoad(plan)
      return calls.filter(({ status }) => status === 200).length / seconds
    }
    const batch = () => batchPace(client, archive)
    await batch() // compiled, connected
    const ratios: number[] = []
    const seen: string[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const before = await saturated()
      const items = await batch()
      const after = await saturated()
      ratios.push(items / Math.sqrt(before * after))
      seen.push(`${items.toFixed(0)}/s against ${Math.sqrt(before * after).toFixed(0)}/s`)
    }
    const sorted = ratios.sort((a, b) => a - b)
    return {
      'batches.of_gpu': {
        value: sorted[Math.floor(sorted.length / 2)]!,
        unit: '×',
        runs: ROUNDS,
        spread: sorted.at(-1)! - sorted[0]!,
        against: `the GPU function at saturation, one thread, same machine; goal 0.9 (higher is better); ${seen.join('; ')}`,
      },
    }
  } finally {
    await stop()
  }
}
