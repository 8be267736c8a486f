import { jobSchema } from '@detl/core/api/job'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { edgeApp } from '../support/edge-app.ts'
import { chestPng } from '../support/images.ts'

let now = Date.UTC(2026, 5, 15, 12)
let edge: Awaited<ReturnType<typeof edgeApp>>
let png: Uint8Array<ArrayBuffer>
beforeAll(async () => {
  edge = await edgeApp({ clock: () => now })
  png = await chestPng()
})
beforeEach(() => {
  edge.gpu.trouble = undefined
})
afterAll(() => edge.stop())

let accounts = 0
async function customer() {
  const id = `async${accounts++}`
  await edge.account(id)
  const { key } = await edge.newKey(id, {
    scopes: ['screenings:write', 'screenings:read', 'usage:read', 'account:write'],
  })
  return {
    id,
    key,
    submit: (body: Uint8Array<ArrayBuffer> | string = png, headers: Record<string, string> = {}) =>
      edge.screen(body, { authorization: `Bearer ${key}`, prefer: 'respond-async', ...headers }),
    job: async (path: string, method = 'GET') =>
      jobSchema.parse(await (await edge.call(method, path, key)).json()),
    billed: () => edge.ledger(id).charged(0, now + 1),
  }
}

describe('Prefer: respond-async', () => {
  it('answers 202 at once, and the same scores later as a request that waits', async () => {
    const { key, submit, job, billed } = await customer()
    const accepted = await submit()
    expect([accepted.status, accepted.headers.get('preference-applied')]).toEqual([202, 'respond-async'])
    const location = accepted.headers.get('location')!
    expect((await job(location)).status).toBe('queued')
    expect(billed()).toBe(0)

    await edge.runJobs()
    const { status, screening } = await job(location)
    const direct = await (await edge.screen(png, { authorization: `Bearer ${key}` })).json()
    expect(status).toBe('succeeded')
    expect({ ...screening, id: '' }).toEqual({ ...(direct as object), id: '' })
    expect(billed()).toBe(2)
  })

  it('is not applied where the answer needs the image, which no job keeps', async () => {
    const { submit } = await customer()
    const response = await submit(png, { accept: 'application/fhir+json' })
    expect([response.status, response.headers.get('preference-applied')]).toEqual([200, null])
    expect(response.headers.get('content-type')).toContain('application/fhir+json')
    expect(edge.queued).toEqual([])
  })

  it('refuses an image at once, without a job or a charge', async () => {
    const { submit, billed } = await customer()
    expect((await submit('no image')).status).toBe(415)
    expect([edge.queued.length, billed()]).toEqual([0, 0])
  })

  it('waits for a GPU function that is away, and gives up after ten attempts, uncharged', async () => {
    const { submit, job, billed } = await customer()
    const location = (await submit()).headers.get('location')!
    edge.gpu.trouble = () => ({ status: 503 })
    const [message] = edge.queued
    expect(await edge.runJobs(3)).toEqual([8])
    expect((await job(location)).status).toBe('queued')
    edge.queued.push(message!)
    await edge.runJobs(10)
    expect(await job(location)).toMatchObject({
      status: 'failed',
      problem: { type: '/problems/upstream-unavailable' },
    })
    expect(billed()).toBe(0)
  })

  it('charges once for a message that comes twice', async () => {
    const { submit, billed } = await customer()
    await submit()
    edge.queued.push(edge.queued[0]!)
    await edge.runJobs()
    expect(billed()).toBe(1)
  })

  it('can be cancelled, at no cost, while it waits', async () => {
    const { submit, job, billed } = await customer()
    const location = (await submit()).headers.get('location')!
    expect((await job(location, 'DELETE')).status).toBe('cancelled')
    await edge.runJobs()
    expect((await job(location)).status).toBe('cancelled')
    expect(billed()).toBe(0)
  })

  it('forgets the answer when told to, and after a day', async () => {
    const { key, submit, job } = await customer()
    const paths = [(await submit()).headers.get('location')!, (await submit()).headers.get('location')!]
    await edge.runJobs()
    expect((await job(paths[0]!, 'DELETE')).screening).toBeDefined()
    now += 24 * 3600_000
    for (const path of paths) expect((await edge.call('GET', path, key)).status).toBe(404)
  })

  it('with an Idempotency-Key gives a repeat the same job, and refuses another image', async () => {
    const { submit, billed } = await customer()
    const headers = { 'idempotency-key': 'a' }
    const first = await submit(png, headers)
    const again = await submit(png, headers)
    expect(again.headers.get('location')).toBe(first.headers.get('location'))
    expect(edge.queued).toHaveLength(1)
    await edge.runJobs()
    const later = await submit(png, headers)
    expect([later.status, later.headers.get('location')]).toEqual([202, first.headers.get('location')])
    expect((await submit(await chestPng(9), headers)).status).toBe(422)
    expect(billed()).toBe(1)
  })

  it('keeps answer and Idempotency-Key for as long, however late it was answered', async () => {
    const { key, submit, billed } = await customer()
    const headers = { 'idempotency-key': 'late' }
    const location = (await submit(png, headers)).headers.get('location')!
    now += 3600_000
    await edge.runJobs()
    now += 23 * 3600_000 + 1 // a day after it was sent, not yet a day after it was answered
    expect((await submit(png, headers)).headers.get('location')).toBe(location)
    expect((await edge.call('GET', location, key)).status).toBe(200)
    now += 3600_000
    expect((await edge.call('GET', location, key)).status).toBe(404)
    expect((await submit(png, headers)).headers.get('location')).not.toBe(location)
    await edge.runJobs()
    expect(billed()).toBe(2)
  })

  it('that nobody could score in time has ended: a repeat with its Idempotency-Key is a new job, and one of both is billed', async () => {
    const { submit, job, billed } = await customer()
    const headers = { 'idempotency-key': 'slow' }
    const first = (await submit(png, headers)).headers.get('location')!
    const [message] = edge.queued.splice(0)
    now += 2 * 3600_000 + 1
    const second = (await submit(png, headers)).headers.get('location')!
    expect(second).not.toBe(first)
    edge.queued.push(message!) // the GPU function is back
    await edge.runJobs()
    expect([(await job(first)).status, (await job(second)).status]).toEqual(['failed', 'succeeded'])
    expect(billed()).toBe(1)
  })

  it('of test keys that wait keep no live screening out', async () => {
    const { id, submit, key } = await customer()
    await edge.account(id, { limits: { concurrent: 2 } })
    const { key: testKey } = await edge.newKey(id, { mode: 'test' })
    for (let i = 0; i < 2; i++)
      expect((await submit(png, { authorization: `Bearer ${testKey}` })).status).toBe(202)
    expect((await submit(png, { authorization: `Bearer ${testKey}` })).status).toBe(429)
    expect((await edge.screen(png, { authorization: `Bearer ${key}` })).status).toBe(200)
    await edge.runJobs()
  })

  it('whose answer was deleted neither answers nor charges a repeat with its Idempotency-Key', async () => {
    const { key, submit, billed } = await customer()
    const headers = { 'idempotency-key': 'gone' }
    const location = (await submit(png, headers)).headers.get('location')!
    await edge.runJobs()
    await edge.call('DELETE', location, key)
    const later = await submit(png, headers)
    expect([later.status, await later.json()]).toMatchObject([409, { type: '/problems/conflict' }])
    const direct = await edge.screen(png, { authorization: `Bearer ${key}`, ...headers })
    expect([direct.status, billed()]).toEqual([409, 1])
  })

  it('is nobody else’s to see', async () => {
    const [one, two] = [await customer(), await customer()]
    const location = (await one.submit()).headers.get('location')!
    expect((await edge.call('GET', location, two.key)).status).toBe(404)
    await edge.runJobs()
  })

  it('is sent again when its message was lost', async () => {
    const { id, submit } = await customer()
    await submit()
    const [lost] = edge.queued.splice(0)
    expect(edge.ledger(id).dueJobs(60_000)).toEqual([])
    now += 60_001
    expect(edge.ledger(id).dueJobs(60_000)).toEqual([lost?.id])
  })
})

describe('a webhook', () => {
  it('is told once that a job has ended, and nothing of its scores', async () => {
    const { id: account, key, submit } = await customer()
    const made = await edge.call('POST', '/v1/webhooks', key, { url: 'https://hooks.example.com/detl' })
    const { id, secret } = (await made.json()) as { id: string; secret: string }
    expect([made.status, secret]).toEqual([201, expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/)])
    const location = (await submit()).headers.get('location')!
    await edge.runJobs()
    const [{ webhook, delivery }] = edge.told.splice(0) as [(typeof edge.told)[0]]
    expect(webhook).toBe(id)
    expect(JSON.parse(delivery.body)).toEqual({
      type: 'screening.succeeded',
      timestamp: expect.any(String),
      data: { id: location.split('/').at(-1) },
    })
    expect((await edge.call('DELETE', `/v1/webhooks/${id}`, key)).status).toBe(204)
    expect(edge.forgotten).toEqual([`${account}:${id}`])
    await submit()
    await edge.runJobs()
    expect(edge.told).toEqual([])
  })
})
