/**
 * The process of the edge's Workers. It is told what to do by a message, tells its port by another, and ends when one of the workerd
 * processes does: who started it starts it again.
 */

import type { ChildProcess } from 'node:child_process'
import { subscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import type { FirstWord } from './edge.ts'
import type { EdgeWorkersOptions } from './edge-workers.ts'
import { guardian } from './guardian.ts'

let ready = false
const guard = guardian()
// wrangler does not say when a workerd that it has started dies; Node says of every process that it starts.
subscribe('child_process', (message) => {
  const { process: child } = message as { process: ChildProcess }
  child.once('spawn', () => /workerd/.test(child.spawnfile) && guard(child))
  child.once('exit', (code, signal) => {
    if (!ready || child.killed || !/workerd/.test(child.spawnfile)) return // killed: by wrangler itself
    console.error(`a Worker of the edge ended (${signal ?? `exit ${code}`})`)
    process.exit(1)
  })
})
process.once('disconnect', () => process.exit()) // who started it is gone

const [options] = (await once(process, 'message')) as [EdgeWorkersOptions]
const say = (word: FirstWord) => new Promise((resolve) => process.send!(word, resolve))
try {
  const { startEdgeWorkers } = await import('./edge-workers.ts')
  const { port, stop } = await startEdgeWorkers(options)
  process.once('SIGTERM', () => {
    ready = false
    void stop().then(() => process.exit())
  })
  ready = true
  await say({ port })
} catch (error) {
  await say({ error: error instanceof Error ? error.message : String(error) })
  process.exit(1)
}
