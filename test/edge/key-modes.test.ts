/** Live and test keys of one account: what keys of one mode made is not there for those of the other. */
import { jobSchema } from '@detl/core/api/job'
import { createLedger } from '@detl/edge/ledger/create-ledger'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { edgeApp } from '../support/edge-app.ts'
import { imageServer } from '../support/image-server.ts'
import { chestPng } from '../support/images.ts'
import { nodeSql } from '../support/local-accounts.ts'

const SCOPES = ['screenings:write', 'screenings:read', 'usage:read', 'account:write', 'keys:write'] as const
const MODES = ['live', 'test'] as const
type Mode = (typeof MODES)[number]

let images: Awaited<ReturnType<typeof imageServer>>
let edge: Awaited<ReturnType<typeof edgeApp>>
let png: Uint8Array<ArrayBuffer>
const keys = {} as Record<Mode, string>
beforeAll(async () => {
  png = await chestPng()
  images = await imageServer([png])
  edge = await edgeApp({ batchHosts: images.url })
  await edge.account('clinic')
  for (const mode of MODES) keys[mode] = (await edge.newKey('clinic', { mode, scopes: [...SCOPES] })).key
})
afterAll(async () => {
  await edge.stop()
  await images.stop()
})

const call = (mode: Mode, method: string, path: string, body?: unknown) =>
  edge.call(method, path, keys[mode], body)
const json = async (mode: Mode, path: string) => (await call(mode, 'GET', path)).json() as Promise<never>
const other = (mode: Mode): Mode => (mode === 'live' ? 'test' : 'live')

const submit = async (mode: Mode) => {
  const headers = { authorization: `Bearer ${keys[mode]}`, prefer: 'respond-async' }
  return (await edge.screen(png, headers)).headers.get('location')!
}
const makeBatch = async (mode: Mode, idempotencyKey: string) => {
  const made = await edge.request('/v1/batches', {
    method: 'POST',
    headers: {
      authorization: `Bearer ${keys[mode]}`,
      'content-type': 'application/x-ndjson',
      'idempotency-key': idempotencyKey,
    },
    body: JSON.stringify({ url: `${images.url}/1.png` }),
  })
  return { status: made.status, id: ((await made.json()) as { id: string }).id }
}

describe.each(MODES)('what a %s key made', (mode) => {
  it('as a job is not read, cancelled or compared by a key of the other mode', async () => {
    const [waiting, answered, another] = [await submit(mode), await submit(mode), await submit(mode)]
    for (const method of ['GET', 'DELETE'])
      expect((await call(other(mode), method, waiting)).status).toBe(404)
    expect(jobSchema.parse(await json(mode, waiting)).status).toBe('queued')
    await edge.runJobs()
    for (const method of ['GET', 'DELETE'])
      expect((await call(other(mode), method, answered)).status).toBe(404)
    const ids = { screenings: [answered, another].map((path) => path.split('/').at(-1)) }
    expect((await call(other(mode), 'POST', '/v1/comparisons', ids)).status).toBe(404)
    // Its own are found: this model's answers say nothing of lungs.
    expect((await call(mode, 'POST', '/v1/comparisons', ids)).status).toBe(422)
    expect(jobSchema.parse(await json(mode, answered)).screening).toBeDefined()
    expect((await call(mode, 'DELETE', answered)).status).toBe(200)
  })

  it('as a batch is not listed, read, changed or deleted by a key of the other mode, nor found by its Idempotency-Key', async () => {
    const { id } = await makeBatch(mode, `archive of ${mode}`.replaceAll(' ', '-'))
    const path = `/v1/batches/${id}`
    const others: [string, string][] = [
      ['GET', path],
      ['GET', `${path}/results`],
      ['GET', `${path}/failures`],
      ['DELETE', path],
      ...['pause', 'resume', 'cancel', 'rerun'].map((name): [string, string] => ['POST', `${path}/${name}`]),
    ]
    for (const [method, address] of others)
      expect([method, address, (await call(other(mode), method, address)).status]).toEqual([
        method,
        address,
        404,
      ])
    expect(JSON.stringify(await json(other(mode), '/v1/batches'))).not.toContain(id)
    expect(JSON.stringify(await json(mode, '/v1/batches'))).toContain(id)
    const same = await makeBatch(other(mode), `archive of ${mode}`.replaceAll(' ', '-'))
    expect([same.status, same.id === id]).toEqual([201, false])
    while ((await edge.workOnBatches()) > 0);
    expect(await json(mode, path)).toMatchObject({ status: 'completed', items: { succeeded: 1 } })
    expect((await call(mode, 'DELETE', path)).status).toBe(204)
  })

  it('is told to webhooks of its mode alone', async () => {
    const urls = { live: 'https://live.example.com/', test: 'https://test.example.com/' }
    const hooks = {} as Record<Mode, { id: string }>
    for (const one of MODES)
      hooks[one] = (await (await call(one, 'POST', '/v1/webhooks', { url: urls[one] })).json()) as never
    expect(await json(mode, '/v1/webhooks')).toMatchObject({ webhooks: [{ url: urls[mode] }] })
    const hook = `/v1/webhooks/${hooks[mode].id}`
    expect((await call(other(mode), 'DELETE', hook)).status).toBe(404)
    edge.told.length = 0
    await submit(mode)
    await makeBatch(mode, `told-${mode}`)
    await edge.runJobs()
    while ((await edge.workOnBatches()) > 0);
    expect(edge.told.map(({ delivery: { url, body } }) => [url, JSON.parse(body).type])).toEqual([
      [urls[mode], 'screening.succeeded'],
      [urls[mode], 'batch.ended'],
    ])
    for (const one of MODES) await call(one, 'DELETE', `/v1/webhooks/${hooks[one].id}`)
  })
})

describe('the inference server', () => {
  it('is told which screenings test keys asked for, however: its log leaves them out of drift', async () => {
    await edge.runJobs() // of tests before
    while ((await edge.workOnBatches()) > 0);
    for (const mode of MODES) {
      edge.gpu.modes.length = 0
      expect((await edge.screen(png, { authorization: `Bearer ${keys[mode]}` })).status).toBe(200)
      await submit(mode)
      await edge.runJobs()
      await makeBatch(mode, `log-${mode}`)
      while ((await edge.workOnBatches()) > 0);
      expect(edge.gpu.modes).toEqual(Array(3).fill(mode === 'test' ? 'test' : undefined))
    }
  })
})

describe('the books of an account', () => {
  it('show a test key what test keys did, and a live key all', async () => {
    await submit('live')
    await submit('test')
    await edge.runJobs()
    const seen = async (mode: Mode) => {
      const usage = (await json(mode, '/v1/usage')) as { usage: { mode: Mode }[] }
      const audit = (await json(mode, '/v1/audit')) as { entries: { actor: string }[] }
      const listed = (await json(mode, '/v1/keys')) as { keys: { id: string; mode: Mode }[] }
      const own = new Set(listed.keys.map(({ id }) => id))
      return {
        usage: [...new Set(usage.usage.map((row) => row.mode))].sort(),
        keys: listed.keys.map((key) => key.mode).sort(),
        others: audit.entries.filter(({ actor }) => !own.has(actor)).map(({ actor }) => actor),
      }
    }
    expect(await seen('test')).toEqual({ usage: ['test'], keys: ['test'], others: [] })
    expect(await seen('live')).toMatchObject({ usage: ['live', 'test'], keys: ['live', 'test'] })
  })

  it('keep requests of each mode by themselves: a test that runs wild keeps no live request out', async () => {
    await edge.account('small', { limits: { perMinute: 3, perKeyPerMinute: 3 } })
    const small = {} as Record<Mode, string>
    for (const mode of MODES) small[mode] = (await edge.newKey('small', { mode })).key
    const statuses = []
    for (let i = 0; i < 5; i++) statuses.push((await edge.call('GET', '/v1/usage', small.test)).status)
    expect(statuses).toEqual([200, 200, 200, 429, 429])
    expect((await edge.call('GET', '/v1/usage', small.live)).status).toBe(200)
  })
})

describe('a ledger of an earlier version, whose tables had no mode', () => {
  it('gives jobs, batches and webhooks to the mode of the key that made them, and what nobody is known of to live keys', () => {
    const sql = nodeSql()
    const ledger = createLedger('clinic', sql, () => 1000)
    ledger.configure({ name: 'clinic', plan: { kind: 'postpaid' }, limits: {} }, 'tests')
    for (const mode of MODES) {
      const row = {
        id: mode,
        hash: mode,
        prefix: '',
        name: '',
        mode,
        scopes: SCOPES.join(' '),
        expires: null,
      }
      ledger.addKey(row, { actor: 'admin' })
      const by = { actor: mode, mode }
      const opened = { credential: { kind: 'key', hash: mode }, idempotencyKey: undefined } as const
      ledger.open({ ...opened, id: `job-${mode}`, leaseMs: 60_000 })
      ledger.createJob({
        id: `job-${mode}`,
        mode,
        fingerprint: '',
        input: Uint8Array.of(1),
        leaseMs: 60_000,
        dueMs: 1,
      })
      ledger.addBatch(`batch-${mode}`, by)
      ledger.addWebhook(`hook-${mode}`, `https://${mode}.example.com`, by)
    }
    sql.exec(`INSERT INTO batches (id, created, mode) VALUES ('orphan', 1, 'test'); SELECT 1`)
    for (const table of ['jobs', 'batches', 'webhooks'])
      sql.exec(`ALTER TABLE ${table} DROP COLUMN mode; SELECT 1`)

    for (let start = 0; start < 2; start++) {
      const later = createLedger('clinic', sql, () => 1000)
      for (const mode of MODES) {
        expect(later.job(`job-${mode}`, mode)?.state).toBe('queued')
        expect(later.job(`job-${mode}`, other(mode))).toBeUndefined()
        expect(later.webhooks(mode).map(({ id }) => id)).toEqual([`hook-${mode}`])
      }
      expect(later.batches(10, 'test').map(({ id }) => id)).toEqual(['batch-test'])
      expect(
        later
          .batches(10, 'live')
          .map(({ id }) => id)
          .sort(),
      ).toEqual(['batch-live', 'orphan'])
    }
  })
})
