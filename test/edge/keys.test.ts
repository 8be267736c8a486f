import { keyring } from '@detl/core/api/api-key'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN_KEY, edgeApp } from '../support/edge-app.ts'
import { chestPng } from '../support/images.ts'

let now = Date.UTC(2026, 5, 15, 12)
let edge: Awaited<ReturnType<typeof edgeApp>>
let png: Uint8Array<ArrayBuffer>
beforeAll(async () => {
  edge = await edgeApp({ clock: () => now })
  png = await chestPng()
  await edge.account('clinic')
})
afterAll(() => edge.stop())

const screen = (key: string) => edge.screen(png, { authorization: `Bearer ${key}` })
const code = async (response: Response) =>
  ((await response.json()) as { type: string }).type.split('/').at(-1)

describe('an API key', () => {
  it('is shown once: lists have its prefix and no more of it', async () => {
    const made = await edge.newKey('clinic')
    const { keys } = await edge.admin<{ keys: { id: string; prefix: string }[] }>(
      'GET',
      '/accounts/clinic/keys',
    )
    const listed = keys.find(({ id }) => id === made.id)!
    expect(made.key.startsWith(listed.prefix)).toBe(true)
    expect(JSON.stringify(keys)).not.toContain(made.key.slice(listed.prefix.length + 1))
  })

  it('is refused from the request after its revocation on', async () => {
    const { key, id } = await edge.newKey('clinic')
    expect((await screen(key)).status).toBe(200)
    await edge.admin('DELETE', `/accounts/clinic/keys/${id}`)
    const response = await screen(key)
    expect([response.status, await code(response)]).toEqual([401, 'key-invalid'])
  })

  it('ends at its expiry', async () => {
    const { key } = await edge.newKey('clinic', { expiresAt: new Date(now + 60_000).toISOString() })
    expect((await screen(key)).status).toBe(200)
    now += 60_000
    expect((await screen(key)).status).toBe(401)
  })

  it('holds beside its successor for the overlap', async () => {
    const old = await edge.newKey('clinic')
    const path = `/accounts/clinic/keys/${old.id}/rotate`
    const next = await edge.admin<{ key: string }>('POST', path, { overlapSeconds: 600 })
    expect([(await screen(old.key)).status, (await screen(next.key)).status]).toEqual([200, 200])
    now += 600_000
    expect([(await screen(old.key)).status, (await screen(next.key)).status]).toEqual([401, 200])
  })

  it('does what its scopes allow, and gives no key more than it has', async () => {
    const reader = await edge.newKey('clinic', { scopes: ['usage:read'] })
    expect(await code(await screen(reader.key))).toBe('scope-missing')
    expect((await edge.call('GET', '/v1/usage', reader.key)).status).toBe(200)

    const keeper = await edge.newKey('clinic', { scopes: ['keys:write'] })
    const wanted = { name: 'more', mode: 'live', scopes: ['screenings:write'] }
    const more = await edge.call('POST', '/v1/keys', keeper.key, wanted)
    expect([more.status, await code(more)]).toEqual([403, 'scope-missing'])
    const same = await edge.call('POST', '/v1/keys', keeper.key, { ...wanted, scopes: ['keys:write'] })
    expect(same.status).toBe(201)
  })

  it('has no power over keys that have what it has not: mode, end and scopes, by making, rotating or revoking', async () => {
    const scopes = ['keys:write', 'screenings:write'] as const
    const live = await edge.newKey('clinic', { scopes: [...scopes] })
    const test = await edge.newKey('clinic', { mode: 'test', scopes: [...scopes] })
    const short = await edge.newKey('clinic', {
      scopes: [...scopes],
      expiresAt: new Date(now + 60_000).toISOString(),
    })
    const narrow = await edge.newKey('clinic', { scopes: ['keys:write'] })
    for (const { key, id } of [test, short, narrow]) {
      const make = { name: 'more', mode: 'live', scopes, expiresAt: '2030-01-01T00:00:00Z' }
      for (const [method, path, body] of [
        ['POST', '/v1/keys', make],
        ['POST', `/v1/keys/${live.id}/rotate`, {}],
        ['DELETE', `/v1/keys/${live.id}`, undefined],
      ] as const) {
        const refused = await edge.call(method, path, key, body)
        expect([refused.status, await code(refused)]).toEqual([403, 'scope-missing'])
      }
      expect((await edge.call('POST', `/v1/keys/${id}/rotate`, key, {})).status).toBe(201) // its own
    }
    expect((await screen(live.key)).status).toBe(200)
  })

  it('ends no later than the key that made it, and its successor no later than it', async () => {
    const expiresAt = new Date(now + 60_000).toISOString()
    const short = await edge.newKey('clinic', { scopes: ['keys:write'], expiresAt })
    const wanted = { name: 'child', mode: 'live', scopes: ['keys:write'] }
    const child = await (await edge.call('POST', '/v1/keys', short.key, wanted)).json()
    expect(child).toMatchObject({ expiresAt })
    const next = await edge.admin('POST', `/accounts/clinic/keys/${short.id}/rotate`, { overlapSeconds: 600 })
    expect(next).toMatchObject({ expiresAt })
  })

  it('that has expired is dead for rotation too', async () => {
    const { id } = await edge.newKey('clinic', { expiresAt: new Date(now + 60_000).toISOString() })
    now += 60_000
    const rotated = await edge.call('POST', `/v1/admin/accounts/clinic/keys/${id}/rotate`, ADMIN_KEY, {})
    expect([rotated.status, await code(rotated)]).toEqual([409, 'conflict'])
  })

  it('gets one answer for every way not to hold, and no account is asked about a forged one', async () => {
    const { key, id } = await edge.newKey('clinic')
    await edge.admin('DELETE', `/accounts/clinic/keys/${id}`)
    const stranger = await keyring('the pepper of another service').issue({ mode: 'live', account: 'clinic' })
    const nobody = await keyring('a pepper for tests only').issue({ mode: 'live', account: 'nobody' })
    const details = []
    for (const refused of [key, stranger.key, nobody.key, `${key.slice(0, -1)}0`, 'detl_live_unknown00']) {
      const response = await screen(refused)
      expect(response.status).toBe(401)
      details.push(((await response.json()) as { detail: string }).detail)
    }
    expect(new Set(details).size).toBe(1)
  })

  it('leaves a trail: who made, rotated and revoked it', async () => {
    await edge.account('trail')
    const { id } = await edge.newKey('trail')
    await edge.admin('DELETE', `/accounts/trail/keys/${id}`)
    const { entries } = await edge.admin<{ entries: object[] }>('GET', '/accounts/trail/audit')
    expect(entries).toMatchObject([
      { actor: 'admin', action: 'key.revoked', detail: id },
      { actor: 'admin', action: 'key.created', detail: id },
      { actor: 'admin', action: 'account.created' },
    ])
  })
})

describe('the audit log', () => {
  type Page = { entries: { actor: string; action: string; code?: string; detail: string }[]; next?: string }

  it('has each screening with its key and code, and nothing of the image', async () => {
    await edge.account('audited')
    const { key, id } = await edge.newKey('audited', { scopes: ['screenings:write', 'account:write'] })
    now += 1
    const answered = (await (await screen(key)).json()) as { id: string }
    now += 1
    await edge.screen('no image', { authorization: `Bearer ${key}` })
    const { entries } = (await (await edge.call('GET', '/v1/audit', key)).json()) as Page
    expect(entries.slice(0, 2)).toMatchObject([
      { actor: id, action: 'screening', code: 'image-unsupported' },
      { actor: id, action: 'screening', code: 'answered', detail: answered.id },
    ])
  })

  it('is read to its beginning page by page, each entry once, also where many have one time', async () => {
    await edge.account('paged')
    const { key } = await edge.newKey('paged')
    await Promise.all(Array.from({ length: 5 }, () => screen(key)))
    now += 1
    await screen(key)
    const seen: string[] = []
    let before: string | undefined
    do {
      const query = `limit=3${before ? `&before=${before}` : ''}`
      const page = await edge.admin<Page>('GET', `/accounts/paged/audit?${query}`)
      seen.push(...page.entries.map(({ action, detail }) => `${action} ${detail}`))
      before = page.next
    } while (before)
    expect(seen.filter((entry) => entry.startsWith('screening'))).toHaveLength(6)
    expect([seen.length, new Set(seen).size]).toEqual([8, 8])
    expect(seen.at(-1)).toMatch(/^account.created/)
  })
})

describe('the admin API', () => {
  it.each(['/accounts', '/accounts/clinic/keys', '/accounts/clinic'])(
    '%s is closed to API keys',
    async (path) => {
      const { key } = await edge.newKey('clinic', { scopes: ['keys:write', 'account:write'] })
      const method = path === '/accounts/clinic' ? 'PUT' : 'GET'
      const body = method === 'PUT' ? { name: 'mine', plan: { kind: 'postpaid' } } : undefined
      expect((await edge.call(method, `/v1/admin${path}`, key, body)).status).toBe(401)
      expect((await edge.call(method, `/v1/admin${path}`, ADMIN_KEY, body)).status).toBe(200)
    },
  )

  it('adds the credits of a payment once', async () => {
    await edge.account('payer', { plan: { kind: 'prepaid' } })
    const pay = (reference: string) =>
      edge.admin<{ credits: number }>('POST', '/accounts/payer/credits', { amount: 5, reference })
    await pay('invoice-1')
    expect((await pay('invoice-1')).credits).toBe(5)
    expect((await pay('invoice-2')).credits).toBe(10)
  })
})
