import { batchSchema } from '@detl/core/api/batch'
import { screeningSchema } from '@detl/core/api/screening'
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

describe('POST /v1/batches', () => {
  it('screens each item of a manifest, charges each once, and answers as POST /v1/screenings does', async () => {
    const { made, info, lines, billed, key } = await customer()
    const path = await made(many(60))
    expect(await info(path)).toMatchObject({ status: 'running', items: { total: 60, waiting: 60 } })
    await workToTheEnd()
    expect(await info(path)).toMatchObject({
      status: 'completed',
      items: { succeeded: 60, failed: 0, waiting: 0 },
    })
    const results = await lines(path)
    expect(results.map(({ item }) => item).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 60 }, (_, i) => i + 1),
    )
    expect(new Set(results.map(({ screening }) => screening.id)).size).toBe(60)
    const direct = await (await world.edge.screen(world.png, { authorization: `Bearer ${key}` })).json()
    expect(screeningSchema.parse({ ...results[0].screening, id: '' })).toEqual({
      ...(direct as object),
      id: '',
    })
    expect(billed()).toBe(61)
  })

  it('reads CSV, the bucket below the account’s folder alone, and DICOMweb with the authorization that it was given', async () => {
    const { account, call, info, lines } = await customer()
    await world.edge.archive.put(`${account}/a, b.png`, world.png)
    await world.edge.archive.put('other/secret.png', world.png)
    const instance = `${world.images.url}/dicom-web/studies/1.2/series/1.3/instances/1.4`
    world.images.asked.length = 0
    const manifest = `id,url,r2,dicomweb\r\nfirst,,"a, b.png",\r\n,,other/secret.png,\r\nthird,${world.images.url}/3.png?X-Signature=s3cret,,\r\nfourth,,,${instance}\r\n`
    const response = await call(
      'POST',
      '?name=ward',
      { 'content-type': 'text/csv', 'source-authorization': 'Bearer pacs' },
      manifest,
    )
    const { id, name } = batchSchema.parse(await response.json())
    expect(name).toBe('ward')
    await workToTheEnd()
    expect(await info(`/${id}`)).toMatchObject({ items: { succeeded: 3, failed: 1 } })
    const byItem = Object.fromEntries((await lines(`/${id}`)).map((line) => [line.item, line]))
    expect(byItem[1]).toMatchObject({ id: 'first', source: 'a, b.png' })
    expect(byItem[2]).toMatchObject({
      source: 'other/secret.png',
      problem: { type: '/problems/source-missing' },
    })
    expect(byItem[3].source).toBe(`${world.images.url}/3.png`)
    expect(byItem[4]).toMatchObject({ id: 'fourth', screening: { preprocessedBy: 'service' } })
    expect(world.images.asked.map(({ path, authorization }) => [path, authorization])).toEqual([
      ['/3.png?X-Signature=s3cret', undefined],
      [new URL(instance).pathname, 'Bearer pacs'],
    ])
  })

  it.each([
    ['a host that is not listed', { url: 'https://elsewhere.example.org/1.png' }, 'not among the hosts'],
    ['a host that only ends alike', { url: 'https://evil-images.example.org/1.png' }, 'not among the hosts'],
    ['plain http', { url: 'http://images.example.org/1.png' }, 'not among the hosts'],
    ['another port', { url: 'https://images.example.org:8443/1.png' }, 'not among the hosts'],
    ['the machine itself', { url: 'http://127.0.0.1:1/latest' }, 'not among the hosts'],
    ['a user name', { url: 'https://me@images.example.org/1.png' }, 'user name'],
    ['no URL', { url: 'chest.png' }, 'no URL'],
    ['a way out of the folder', { r2: '../other/1.png' }, '".."'],
    ['a study, not an instance', { dicomweb: 'https://images.example.org/studies/1.2' }, 'instances'],
    ['two addresses', { url: 'https://images.example.org/1.png', r2: '1.png' }, 'expected one of'],
  ])('refuses %s, names the line, and keeps nothing', async (_, item, detail) => {
    const { create, call } = await customer()
    const response = await create([{ url: 'https://a.s3.example.org/1.png' }, item])
    expect([response.status, await response.json()]).toEqual([
      400,
      expect.objectContaining({ detail: expect.stringContaining('line 2: ') }),
    ])
    expect(JSON.stringify(await (await create([item])).json())).toContain(detail.replaceAll('"', '\\"'))
    expect(await (await call('GET', '')).json()).toEqual({ batches: [] })
  })

  it('refuses an image that is named twice, an empty manifest, a line without end, a media type that is none', async () => {
    const { call, create } = await customer()
    const [first] = many(1)
    const { url } = first as { url: string }
    for (const again of [
      url,
      `${url}#again`,
      url.replace(/^https?:\/\/[^/]+/, (host) => host.toUpperCase()),
    ]) {
      const twice = await create([...many(2), { ...first, url: again }])
      expect(await twice.json(), again).toMatchObject({
        detail: 'line 3: this image is named before; each item is charged, so name it once',
      })
    }
    const send = (type: string, body: string) => call('POST', '', { 'content-type': type }, body)
    for (const [type, body] of [
      ['application/x-ndjson', '\n\n'],
      ['application/x-ndjson', 'x'.repeat(5000)],
      ['application/x-ndjson', '{"url"'],
      ['text/csv', 'path\na.png'],
      ['text/csv', 'url\n"a.png'],
      ['image/png', 'x'],
    ] as const)
      expect((await send(type, body)).status).toBe(400)
  })

  it('refuses options that it does not know, and a manifest that is compressed, by name', async () => {
    const { create } = await customer()
    const options: [string, Record<string, string>, number, string][] = [
      ['?paused=maybe', {}, 400, 'paused'],
      [`?name=${'x'.repeat(201)}`, {}, 400, 'name'],
      ['', { 'source-authorization': 'x'.repeat(4001) }, 400, 'source-authorization'],
      ['', { 'content-encoding': 'gzip' }, 415, 'Content-Encoding'],
    ]
    for (const [query, headers, status, named] of options) {
      const response = await create(many(1), query, headers)
      expect(response.status, named).toBe(status)
      expect(((await response.json()) as { detail: string }).detail).toContain(named)
    }
  })

  it('with an Idempotency-Key makes one batch of requests at once, of one manifest', async () => {
    const { create, info, billed } = await customer()
    const headers = { 'idempotency-key': 'all-at-once' }
    const all = await Promise.all(Array.from({ length: 5 }, () => create(many(30), '', headers)))
    expect(all.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409])
    const made = (await all.find(({ status }) => status === 201)!.json()) as { id: string }
    expect((await create(many(30), '', headers)).status).toBe(200)
    await workToTheEnd()
    expect(await info(`/${made.id}`)).toMatchObject({ status: 'completed', items: { succeeded: 30 } })
    expect(billed()).toBe(30)
  })

  it('begins anew for another request where the first manifest stopped coming', async () => {
    const { account, key, create, info } = await customer()
    const headers = { 'idempotency-key': 'stalls' }
    const stalled = new TransformStream<Uint8Array, Uint8Array>()
    const writer = stalled.writable.getWriter()
    const first = world.edge.request('/v1/batches', {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/x-ndjson', ...headers },
      body: stalled.readable,
      duplex: 'half',
    } as RequestInit)
    await writer.write(new TextEncoder().encode(`${JSON.stringify(many(3)[2])}\n`))
    const second = await create(many(1), '', headers)
    expect([second.status, second.headers.get('retry-after')]).toEqual([409, expect.any(String)])
    world.time.now += 61_000
    const third = await create(many(2), '', headers)
    expect(third.status).toBe(201)
    await writer.close()
    expect((await first).status).toBe(409)
    const { id } = (await third.json()) as { id: string }
    await workToTheEnd()
    expect(await info(`/${id}`)).toMatchObject({ status: 'completed', items: { total: 2, succeeded: 2 } })
    expect(world.edge.ledger(account).charged(0, world.time.now + 1)).toBe(2)
  })

  it('with an Idempotency-Key makes one batch of two requests', async () => {
    const { create } = await customer()
    const headers = { 'idempotency-key': 'night-1' }
    const [one, two] = [await create(many(2), '', headers), await create(many(2), '', headers)]
    expect([one.status, two.status]).toEqual([201, 200])
    expect(((await one.json()) as { id: string }).id).toBe(((await two.json()) as { id: string }).id)
  })
})
