import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN_KEY, edgeApp } from '../support/edge-app.ts'
import { chestPng } from '../support/images.ts'

let edge: Awaited<ReturnType<typeof edgeApp>>
beforeAll(async () => {
  edge = await edgeApp()
})
afterAll(() => edge.stop())

const MERGE = 'application/merge-patch+json'
let accounts = 0
/** An account whose settings are all other than the defaults. */
async function customer() {
  const id = `settings${accounts++}`
  await edge.account(id, { billingCustomer: 'cus_1', limits: { perMinute: 500 } })
  const scopes = ['account:write', 'usage:read', 'screenings:write'] as const
  const keyOf = async (mode: 'live' | 'test') => (await edge.newKey(id, { mode, scopes: [...scopes] })).key
  const keys = { live: await keyOf('live'), test: await keyOf('test') }
  const send =
    (path: string) =>
    async (
      method: string,
      body: unknown,
      {
        key = keys.live,
        type = MERGE,
        ifMatch,
      }: { key?: string; type?: string; ifMatch?: string | undefined } = {},
    ) => {
      const answer = await edge.request(path, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          ...(body !== undefined && { 'content-type': type }),
          ...(ifMatch !== undefined && { 'if-match': ifMatch }),
        },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const json = (await answer.json()) as Record<string, unknown>
      return { status: answer.status, etag: answer.headers.get('etag') ?? undefined, json }
    }
  const settings = send('/v1/account/settings')
  const all = { operatingPoint: 'screening', prevalence: { covid19: 0.1 }, keepHours: 24, fallback: 'fail' }
  await settings('PUT', all, { type: 'application/json' })
  return { id, keys, all, settings, account: send('/v1/account'), admin: send(`/v1/admin/accounts/${id}`) }
}

describe('PATCH /v1/account/settings', () => {
  it('changes what it names, keeps the rest, and takes away what is null', async () => {
    const { settings, all } = await customer()
    const changed = await settings('PATCH', { keepHours: 48, prevalence: { pneumonia: 0.2 }, fallback: null })
    const { fallback: _, ...rest } = all
    expect([changed.status, changed.json.settings]).toEqual([
      200,
      { ...rest, keepHours: 48, prevalence: { covid19: 0.1, pneumonia: 0.2 } },
    ])
    expect((await settings('PATCH', { keepHours: 12 }, { type: 'application/json' })).status).toBe(200)
  })

  it.each([
    ['an unknown setting', { keepHour: 3 }, MERGE],
    ['a negative prevalence', { prevalence: { covid19: -0.1 } }, MERGE],
    [
      'prevalences that are more than 1 together with those that stay',
      { prevalence: { normal: 0.95 } },
      MERGE,
    ],
    ['a class that the model does not have', { prevalence: { fracture: 0.1 } }, MERGE],
    ['no object', [1], MERGE],
    ['no JSON', '{', MERGE],
    ['another type', 'keepHours=3', 'application/x-www-form-urlencoded'],
    ['the loss of a setting that must be there', { operatingPoint: null }, MERGE],
    ['__proto__', '{"__proto__": {"keepHours": 3}}', MERGE],
  ])('refuses %s, and changes nothing', async (_, patch, type) => {
    const { settings, account, all } = await customer()
    const refused = await settings('PATCH', patch, { type })
    expect([refused.status, refused.json.type]).toEqual([400, '/problems/request-invalid'])
    expect((await account('GET', undefined)).json.settings).toEqual(all)
  })

  it('and PUT are refused where the account was changed since it was read, if they say what they read', async () => {
    const { settings, account } = await customer()
    const { etag } = await account('GET', undefined)
    const first = await settings('PATCH', { keepHours: 48 }, { ifMatch: etag })
    expect([first.status, first.etag === etag]).toEqual([200, false])
    for (const [method, body] of [
      ['PATCH', { keepHours: 1 }],
      ['PUT', { operatingPoint: 'balanced', prevalence: {} }],
    ] as const) {
      const type = method === 'PUT' ? 'application/json' : MERGE
      const late = await settings(method, body, { ifMatch: etag, type })
      expect([late.status, late.json.type]).toEqual([412, '/problems/precondition-failed'])
      expect((await settings(method, body, { ifMatch: '*', type })).status).toBe(200)
    }
  })

  it('all come through when many come at once', async () => {
    const { settings, account, all } = await customer()
    const patches = [
      { keepHours: 1 },
      { fallback: 'edge' },
      { operatingPoint: 'balanced' },
      { keepObjects: ['sr'] },
    ]
    const answers = await Promise.all(patches.map((patch) => settings('PATCH', patch)))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect((await account('GET', undefined)).json.settings).toEqual(Object.assign({}, all, ...patches))
  })
})

describe('PATCH /v1/admin/accounts/{account}', () => {
  it('loses neither billing customer nor limits nor plan', async () => {
    const { admin } = await customer()
    const { status, json } = await admin(
      'PATCH',
      { name: 'Clinic', limits: { concurrent: 3 } },
      { key: ADMIN_KEY },
    )
    expect(status).toBe(200)
    expect(json).toMatchObject({
      name: 'Clinic',
      billingCustomer: 'cus_1',
      plan: { kind: 'postpaid' },
      limits: { perMinute: 500, concurrent: 3 },
    })
    const gone = await admin('PATCH', { billingCustomer: null }, { key: ADMIN_KEY })
    expect(gone.json.billingCustomer).toBeUndefined()
    const late = { key: ADMIN_KEY, ifMatch: '"0"' }
    expect((await admin('PATCH', { name: 'x' }, late)).status).toBe(412)
    expect(
      (await admin('PUT', { name: 'x', plan: { kind: 'prepaid' } }, { ...late, type: 'application/json' }))
        .status,
    ).toBe(412)
    expect((await edge.call('PATCH', '/v1/admin/accounts/nobody', ADMIN_KEY, {})).status).toBe(404)
  })
})

describe('settings of test keys', () => {
  it('are those of the account until they set some, and change nothing of the live keys’', async () => {
    const { settings, account, keys, all } = await customer()
    const test = { key: keys.test }
    expect((await account('GET', undefined, test)).json.settings).toEqual(all)
    await settings('PATCH', { operatingPoint: { thresholds: { covid19: 0.9 } } })
    await settings('PATCH', { operatingPoint: { thresholds: { covid19: 0.1 } } }, test)
    expect((await account('GET', undefined)).json.settings).toMatchObject({
      operatingPoint: { thresholds: { covid19: 0.9 } },
    })
    const png = await chestPng()
    const seen = async (key: string) => {
      const answer = await edge.screen(png, { authorization: `Bearer ${key}` })
      return JSON.stringify(await answer.json())
    }
    expect(await seen(keys.live)).toContain('"threshold":0.9')
    expect(await seen(keys.test)).toContain('"threshold":0.1')
  })
})
