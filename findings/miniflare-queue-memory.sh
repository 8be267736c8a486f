#!/usr/bin/env bash
# Most people assume: where Miniflare keeps storage on disk, an accepted queue message is there after a crash too, as the alarm of a Durable Object is;
# and consumers run beside each other, as max_concurrency says.
# Seen (miniflare 5.20261023.2-beta): messages live in memory alone. After SIGKILL and a start over the same folders the alarm fires, the message never comes.
# Batches of messages are handed out one after another: four messages of a second each, max_batch_size 1, take four seconds.
# Exits with 1 once that changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund miniflare@5.20261023.2-beta >/dev/null
cat > worker.mjs <<'JS'
import { DurableObject } from 'cloudflare:workers'
export class Notes extends DurableObject {
  async note(what) {
    await this.ctx.storage.put(`${what} ${Date.now()}`, true)
  }
  async later(ms) {
    await this.ctx.storage.setAlarm(Date.now() + ms)
  }
  async alarm() {
    await this.note('alarm')
  }
  async list() {
    return [...(await this.ctx.storage.list()).keys()]
  }
}
const notes = (env) => env.NOTES.get(env.NOTES.idFromName('one'))
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url)
    if (pathname === '/send') {
      await notes(env).later(4000)
      await env.QUEUE.send('delayed', { delaySeconds: 4 })
    }
    if (pathname === '/four') await env.SLOW.sendBatch([1, 2, 3, 4].map((body) => ({ body })))
    return Response.json(await notes(env).list())
  },
  async queue(batch, env) {
    if (batch.queue === 'slow') await new Promise((resolve) => setTimeout(resolve, 1000))
    await notes(env).note(batch.queue === 'slow' ? 'slow' : 'message')
  },
}
JS
cat > serve.mjs <<'JS'
import { readFileSync } from 'node:fs'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
const consumer = (queueName, more) => [queueName, { maxBatchSize: 1, maxBatchTimeout: 0, ...more }]
const miniflare = new Miniflare(convertV4MiniflareOptions({
  modules: [{ type: 'ESModule', path: 'worker.mjs', contents: readFileSync('worker.mjs', 'utf8') }],
  compatibilityDate: '2026-10-01',
  durableObjects: { NOTES: { className: 'Notes', useSQLite: true } },
  resourcePersistencePath: './state',
  queueProducers: { QUEUE: 'delayed', SLOW: 'slow' },
  queueConsumers: Object.fromEntries([consumer('delayed'), consumer('slow', { maxConcurrency: 10 })]),
  port: Number(process.argv[2]),
}))
await miniflare.ready
console.log('ready')
JS
cat > run.mjs <<'JS'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const port = 20000 + Math.floor(Math.random() * 10000)
const get = async (path) => (await fetch(`http://127.0.0.1:${port}${path}`)).json()
const start = async () => {
  const child = spawn(process.execPath, ['serve.mjs', String(port)], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] })
  await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(() => Promise.reject(new Error('it did not start')))])
  return child
}
const kill = async (child) => {
  process.kill(-child.pid, 'SIGKILL')
  await once(child, 'exit')
  await wait(500)
}
let child = await start()
await get('/send')
await kill(child)
child = await start()
for (let i = 0; i < 20 && !(await get('/')).some((note) => note.startsWith('alarm')); i++) await wait(500)
await wait(3000)
const after = await get('/')
const has = (what) => after.some((note) => note.startsWith(what))
console.log(`after SIGKILL and a start: the alarm ${has('alarm') ? 'fired' : 'did not fire'}, the message ${has('message') ? 'came' : 'never came'}`)
await get('/four')
let slow = []
for (let i = 0; i < 40 && slow.length < 4; i++) {
  await wait(500)
  slow = (await get('/')).filter((note) => note.startsWith('slow')).map((note) => Number(note.split(' ')[1]))
}
const seconds = (Math.max(...slow) - Math.min(...slow)) / 1000
console.log(`four messages of a second each, max_batch_size 1: ${seconds.toFixed(1)} s from the first end to the last`)
await kill(child)
process.exit(has('alarm') && !has('message') && slow.length === 4 && seconds > 2.5 ? 0 : 1)
JS
node run.mjs
