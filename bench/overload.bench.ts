/**
 * The edge as `detl serve edge` runs it, in front of a GPU function that answers at once, under more work than it can do and under uploads
 * that stall. Everything is measured against the same edge when it is idle, in the same run; clients and edge share the machine.
 * `overload.*`: 160 clients of four accounts offer five times what the edge does at its best. `stalled.*`: one account stalls 32 uploads.
 */
import { Agent, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { setup as buildPage } from '../test/support/build-page.ts'
import { edgeProcess } from '../test/support/edge-process.ts'
import { gpuStandIn } from '../test/support/gpu-stand-in.ts'
import { chestPng } from '../test/support/images.ts'
import { testManifest } from '../test/support/manifest.ts'
import { watchOthers } from './others-share.ts'
import type { Figure } from './run.ts'
import { watchMemory } from './watch-memory.ts'

const CLIENTS = 160
const ACCOUNTS = ['one', 'two', 'three', 'four']
const IDLE_CALLS = 200
const OVERLOAD_MS = 20_000
const STALLED = 32
const SIDE = 512

type Answered = { status: number; ms: number }

export default async function overload(): Promise<Record<string, Figure>> {
  buildPage() // workerd does not start without it
  const manifest = testManifest()
  const gpu = await gpuStandIn(manifest)
  const edge = await edgeProcess({
    manifest,
    gpuUrl: gpu.url,
    vars: { FALLBACK: 'fail' },
  })
  try {
    const png = await chestPng(1, SIDE)
    const keys: string[] = []
    for (const name of ACCOUNTS) keys.push(await newKey(edge, name))
    const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS })
    const send = (key: string) => screen(edge.url, key, png, agent)

    for (let i = 0; i < 20; i++) await send(keys[0]!)
    const idle: Answered[] = []
    for (let i = 0; i < IDLE_CALLS; i++) idle.push(await send(keys[i % keys.length]!))
    const perSecond = await capacity(send, keys)
    const memory = watchMemory(edge.group()!)
    const others = watchOthers(edge.group()!)
    const calls = await offered(send, keys, 5 * perSecond)
    const othersShare = others()
    const peakMb = Math.max(...memory.stop().map(({ mb }) => mb))
    await wait(2000)
    const beside = await besideStalled(edge.url, keys[0]!, () => send(keys[1]!))
    return figures({ idle, calls, beside, peakMb, perSecond, othersShare })
  } finally {
    await edge.stop()
    await gpu.stop()
  }
}

async function newKey(edge: Awaited<ReturnType<typeof edgeProcess>>, name: string): Promise<string> {
  const limits = { perMinute: 100_000, perKeyPerMinute: 100_000, concurrent: 1000 }
  await edge.admin('PUT', `/accounts/${name}`, { name, plan: { kind: 'postpaid' }, limits })
  const { key } = await edge.admin<{ key: string }>('POST', `/accounts/${name}/keys`, { name, mode: 'live' })
  return key
}

function screen(url: string, key: string, body: Uint8Array, agent: Agent): Promise<Answered> {
  const start = performance.now()
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${key}`, 'content-length': body.length }
    const call = request(`${url}/v1/screenings`, { method: 'POST', agent, headers }, (response) => {
      response
        .resume()
        .on('end', () => resolve({ status: response.statusCode!, ms: performance.now() - start }))
    })
    call.on('error', reject)
    call.end(body)
  })
}

/** Screenings a second with as many callers as are always let in. */
async function capacity(send: (key: string) => Promise<Answered>, keys: readonly string[]): Promise<number> {
  const start = performance.now()
  let answered = 0
  await Promise.all(
    keys.map(async (key) => {
      for (let i = 0; i < 15; i++) if ((await send(key)).status === 200) answered++
    }),
  )
  return (answered * 1000) / (performance.now() - start)
}

/** Each client calls at its own even pace, and skips the beats that its last call takes. */
async function offered(send: (key: string) => Promise<Answered>, keys: readonly string[], perSecond: number) {
  const everyMs = (CLIENTS * 1000) / perSecond
  const calls: Answered[] = []
  const end = performance.now() + OVERLOAD_MS
  await Promise.all(
    Array.from({ length: CLIENTS }, async (_, client) => {
      for (let next = performance.now() + (everyMs * client) / CLIENTS; next < end; ) {
        await wait(Math.max(0, next - performance.now()))
        calls.push(await send(keys[client % keys.length]!))
        while (next <= performance.now()) next += everyMs
      }
    }),
  )
  return calls
}

/** What another account's calls take while one account keeps so many uploads stalled: each that is ended is begun anew. */
async function besideStalled(url: string, key: string, send: () => Promise<Answered>): Promise<Answered[]> {
  let going = true
  const agent = new Agent({ maxSockets: STALLED })
  const stalls = Array.from({ length: STALLED }, async () => {
    while (going) {
      await new Promise<void>((resolve) => {
        const headers = { authorization: `Bearer ${key}`, 'content-length': 1_000_000 }
        const call = request(`${url}/v1/screenings`, { method: 'POST', agent, headers }, (response) => {
          response.resume().on('end', resolve)
        })
        call.on('error', () => resolve())
        call.write(new Uint8Array(100))
        setTimeout(() => call.destroy(), 8000).unref()
      })
      await wait(1000)
    }
  })
  await wait(500)
  const calls: Answered[] = []
  for (let i = 0; i < IDLE_CALLS; i++) calls.push(await send())
  going = false
  agent.destroy()
  await Promise.all(stalls)
  return calls
}

function figures(run: {
  idle: readonly Answered[]
  calls: readonly Answered[]
  beside: readonly Answered[]
  peakMb: number
  perSecond: number
  othersShare: number
}): Record<string, Figure> {
  const { idle, calls, beside } = run
  const idleP99 = quantile(idle, 0.99)
  const accepted = calls.filter(({ status }) => status === 200)
  const refused = calls.filter(({ status }) => status === 503)
  const other = calls.length - accepted.length - refused.length
  if (other > 0) throw new Error(`${other} calls were neither answered nor refused as overload`)
  const failed = beside.filter(({ status }) => status !== 200).length
  if (failed > 0) throw new Error(`${failed} calls of the other account were not answered`)
  const figure = (value: number, unit: string, of: readonly Answered[], against: string): Figure => ({
    value,
    unit,
    runs: of.length,
    spread: quantile(of, 0.75) - quantile(of, 0.25),
    against,
  })
  const load = `${CLIENTS} clients, 5 × ${run.perSecond.toFixed(1)}/s; ${accepted.length} answered, ${refused.length} refused; meanwhile other programs had ${(100 * run.othersShare).toFixed(0)} % of the processors`
  const p99 = (of: readonly Answered[]) => quantile(of, 0.99)
  return {
    'overload.accepted_p99_ratio': figure(
      p99(accepted) / idleP99,
      '×',
      accepted,
      `idle p99 ${idleP99.toFixed(0)} ms; limit 3; ${load}`,
    ),
    'overload.refused_p50_ms': figure(quantile(refused, 0.5), 'ms', refused, 'limit 50 ms'),
    'overload.refused_p99_ms': figure(p99(refused), 'ms', refused, 'limit 100 ms'),
    'overload.peak_mb': {
      value: run.peakMb,
      unit: 'MB',
      runs: 1,
      spread: 0,
      against: 'largest workerd process; limit 512 MB',
    },
    'stalled.p99_ratio': figure(
      p99(beside) / idleP99,
      '×',
      beside,
      `another account beside ${STALLED} stalled uploads; idle p99; limit 2`,
    ),
  }
}

function quantile(calls: readonly Answered[], share: number): number {
  const sorted = calls.map(({ ms }) => ms).sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}
