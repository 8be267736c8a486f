/**
 * `node bench/gpu/soak.ts [--minutes 10] [--times 5]`: load of several times what the server can do, for minutes. Prints each round and ends with 1 if
 * something crashed, memory grew, what was admitted waited beyond its bound, or a refusal took longer than 20 ms (p99).
 */
import { parseArgs } from 'node:util'
import { startServer } from '../../test/support/gpu-process.ts'
import { modelsFolder } from '../../test/support/model-folder.ts'
import { DETL12 } from '../../test/support/tiny-model.ts'
import { runLoad } from './run-load.ts'

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, times: { type: 'string', default: '5' } },
})
const minutes = Number(values.minutes)
const times = Number(values.times)
const ROUND_S = 15
const MAX_WAIT_MS = 500
const REFUSAL_MS = 20
// Allocators keep pages: this much above the level after the first rounds is still flat.
const GROWTH = 1.1

const models = modelsFolder()
models.add({ network: DETL12 })
const server = await startServer(models.root, { DETL_THREADS: '1', DETL_MAX_WAIT_MS: String(MAX_WAIT_MS) })
const plan = { url: server.url, size: DETL12.size, outputs: ['probabilities', 'cam'] }
const calm = await runLoad({ ...plan, calls: 200, pace: { concurrency: 4 } })
const capacity = calm.calls.length / calm.seconds
console.log(`capacity ${capacity.toFixed(0)} calls a second; ${times} times that for ${minutes} min`)

const rss: number[] = []
const faults = new Set<string>()
for (let round = 0; round < (minutes * 60) / ROUND_S; round++) {
  const perSecond = capacity * times
  const { calls, seconds } = await runLoad({
    ...plan,
    calls: Math.ceil(perSecond * ROUND_S),
    pace: { perSecond, arrivals: 'poisson' },
  })
  const admitted = calls.filter((call) => call.status === 200)
  const refused = calls.filter((call) => call.status === 503 || call.status === 429)
  const [wait, refusal] = [p99(admitted.map((call) => call.queueMs)), p99(refused.map((call) => call.ms))]
  rss.push(await memoryMb(server.url))
  console.log(
    `${admitted.length} admitted (${(admitted.length / seconds).toFixed(0)}/s), waited p99 ${wait.toFixed(0)} ms; ` +
      `${refused.length} refused, p99 ${refusal.toFixed(1)} ms; ${rss.at(-1)?.toFixed(0)} MB`,
  )
  if (admitted.length + refused.length !== calls.length)
    faults.add(`answers other than 200, 429 and 503: ${[...new Set(calls.map((call) => call.status))]}`)
  if (wait > MAX_WAIT_MS * 1.5) faults.add(`admitted work waited ${wait.toFixed(0)} ms (p99)`)
  if (refusal > REFUSAL_MS) faults.add(`refusals took ${refusal.toFixed(1)} ms (p99)`)
}
const level = Math.max(...rss.slice(0, Math.max(2, rss.length / 4)))
if (rss.at(-1)! > level * GROWTH)
  faults.add(`memory grew from ${level.toFixed(0)} to ${rss.at(-1)?.toFixed(0)} MB`)
await server.stop()
if (server.child.exitCode !== 0) faults.add(`the server ended with ${server.child.exitCode}`)
models.remove()
console.log(faults.size === 0 ? 'all bounds held' : [...faults].join('\n'))
process.exit(faults.size === 0 ? 0 : 1)

async function memoryMb(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(/^detl_gpu_resident_memory_bytes (\S+)/m.exec(text)?.[1]) / 2 ** 20
}

function p99(all: readonly number[]): number {
  const sorted = [...all].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length * 0.99)] ?? 0
}
