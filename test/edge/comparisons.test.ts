import { randomUUID } from 'node:crypto'
import type { UsageRow } from '@detl/core/api/account'
import { comparisonSchema } from '@detl/core/api/comparison'
import { RETEST } from '@detl/core/comparison/retest'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chestDicom } from '../support/chest-dicom.ts'
import { edgeApp } from '../support/edge-app.ts'
import { chestPng } from '../support/images.ts'
import { testManifest } from '../support/manifest.ts'
import { TEST_REGIONS } from '../support/regions.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** Lungs whose variation was measured, as the shipped model's was. */
const manifest = testManifest({ regions: { ...TEST_REGIONS, network: RETEST.network } })
let edge: Awaited<ReturnType<typeof edgeApp>>
let first: Bytes
let second: Bytes
beforeAll(async () => {
  edge = await edgeApp({ manifest })
  first = await chestPng(1)
  second = await chestPng(2)
})
afterAll(() => edge.stop())

const form = (...parts: (Bytes | string)[]) => {
  const data = new FormData()
  for (const part of parts)
    if (typeof part === 'string') data.append('screening', part)
    else data.append('image', new Blob([part]), 'film')
  return data
}
const compare = (
  body: FormData | object,
  { key = edge.key, query = '', ...headers }: { key?: string; query?: string } & Record<string, string> = {},
) =>
  edge.request(`/v1/comparisons${query}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      ...(!(body instanceof FormData) && { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body instanceof FormData ? body : JSON.stringify(body),
  })
const comparisonIn = async (response: Response) => {
  expect(response.status, await response.clone().text()).toBe(200)
  return comparisonSchema.parse(await response.json())
}
const problem = async (response: Response) => {
  const { type, status, detail } = (await response.json()) as { type: string; status: number; detail: string }
  return { code: `${status} ${type.split('/').at(-1)}`, detail }
}

let accounts = 0
/** An account of its own with a live key. */
async function customer(input: Parameters<typeof edge.account>[1] = {}) {
  const id = `compares${accounts++}`
  await edge.account(id, input)
  const { key } = await edge.newKey(id)
  return {
    id,
    key,
    async usage() {
      const { usage } = (await (
        await edge.call('GET', '/v1/usage?from=2020-01-01&to=2100-01-01', key)
      ).json()) as { usage: UsageRow[] }
      const outcomes = Object.fromEntries(usage.map(({ outcome, screenings }) => [outcome, screenings]))
      return { billed: usage.reduce((sum, row) => sum + row.billed, 0), outcomes }
    },
  }
}
/** A job's id, with its answer kept. */
async function kept(image: Bytes, key = edge.key): Promise<string> {
  const response = await edge.screen(image, { authorization: `Bearer ${key}`, prefer: 'respond-async' })
  await edge.runJobs()
  return ((await response.json()) as { id: string }).id
}
const filmOf = (day: string, patient: string, instance: string, time = '0304') =>
  chestDicom(96, {
    '00080020': ['DA', day],
    '00080030': ['TM', time],
    '00100020': ['LO', patient],
    '00080018': ['UI', `2.25.${instance}`],
    '0020000d': ['UI', `2.25.9${instance}`],
    '0020000e': ['UI', `2.25.8${instance}`],
  })

describe('films of one patient', () => {
  it('are answered with what changed, in words, and with the screening of each', async () => {
    const { films, steps, overall, screenings, order, remarks, notice } = await comparisonIn(
      await compare(form(first, second)),
    )
    expect(films.map(({ position, screening }) => [position, screening])).toEqual(
      screenings.map(({ id }, i) => [i, id]),
    )
    expect(steps).toEqual([overall])
    expect(screenings[0]!.model.lungs).toEqual(RETEST.network)
    expect(overall.changes!.score.from).toBe(
      screenings[0]!.severity?.assessable && screenings[0]!.severity.score.value,
    )
    expect(overall.headline).toMatch(/[\d.]+ % of both, then [\d.]+ %/)
    expect(order).toBe('given')
    expect(remarks.map(({ code }) => code)).toEqual(['order-given', 'patient-unknown'])
    expect(notice).toContain('Not clinically validated')
  })

  it('of one day stand in the order of their times of day, and as they are given where those do not tell', async () => {
    const [night, noon, evening] = ['0304', '12', '1830'].map((time, i) =>
      filmOf('20260501', 'P1', `${i}`, time),
    )
    const told = await comparisonIn(await compare(form(evening!, night!, noon!)))
    expect([told.order, told.films.map(({ position }) => position), told.remarks]).toEqual([
      'study-date',
      [1, 2, 0],
      [],
    ])
    const again = filmOf('20260501', 'P1', '4', '120000')
    const tied = await comparisonIn(await compare(form(noon!, again)))
    expect([tied.films.map(({ position }) => position), tied.remarks.map(({ code }) => code)]).toEqual([
      [0, 1],
      ['order-within-day'],
    ])
  })

  it('of which some state their days are refused in another order than that, and nothing is charged', async () => {
    const { key, usage } = await customer()
    const [may, june] = [filmOf('20260501', 'P1', '1'), filmOf('20260603', 'P1', '2')]
    const { code, detail } = await problem(await compare(form(june, first, may), { key }))
    expect([code, detail]).toEqual([
      '400 request-invalid',
      expect.stringMatching(/film 1 is of a later time than film 3/),
    ])
    expect((await usage()).billed).toBe(0)
    const { overall } = await comparisonIn(await compare(form(may, first, june), { key }))
    expect(overall.days).toBe(33)
  })

  it('stand in the order of their dates, where all state theirs', async () => {
    const [may, june, july] = [
      filmOf('20260501', 'P1', '1'),
      filmOf('20260603', 'P1', '2'),
      filmOf('20260704', 'P1', '3'),
    ]
    const { films, steps, order, overall, remarks } = await comparisonIn(await compare(form(july, may, june)))
    expect(order).toBe('study-date')
    expect(films.map(({ taken, position }) => [taken, position])).toEqual([
      ['2026-05-01', 1],
      ['2026-06-03', 2],
      ['2026-07-04', 0],
    ])
    expect(steps.map(({ from, to, days }) => [from, to, days])).toEqual([
      [0, 1, 33],
      [1, 2, 31],
    ])
    expect([overall.from, overall.to]).toEqual([0, 2])
    expect(remarks).toEqual([])
  })

  it('of which one is a copy of the other are recognised, and unchanged', async () => {
    const copy = new Uint8Array(await sharp(first).jpeg({ quality: 80 }).toBuffer())
    const { overall } = await comparisonIn(await compare(form(first, copy)))
    expect(overall.trend).toBe('unchanged')
    expect(overall.remarks.map(({ code }) => code)).toEqual(['same-film'])
  })

  it('are refused where their headers name different patients, unless it is asked for', async () => {
    const films = form(filmOf('20260501', 'P1', '1'), filmOf('20260502', 'P2', '2'))
    const { key, usage } = await customer()
    expect((await problem(await compare(films, { key }))).code).toBe('422 patients-differ')
    expect((await usage()).billed).toBe(0)
    const query = '?allow-different-patients=true'
    const { remarks } = await comparisonIn(await compare(films, { key, query }))
    expect(remarks.map(({ code }) => code)).toEqual(['patients-differ'])
  })

  it.each<[string, () => FormData | object, string]>([
    ['one film', () => form(first), '400 request-invalid'],
    ['nine films', () => form(...Array.from({ length: 9 }, () => first)), '400 request-invalid'],
    ['ids in a form', () => form(randomUUID(), randomUUID()), '400 image-missing'],
    ['no id', () => form(first, 'no-id'), '400 request-invalid'],
    ['an id that nobody knows', () => form(first, randomUUID()), '404 not-found'],
    ['one id', () => ({ screenings: [randomUUID()] }), '400 request-invalid'],
    ['ids that nobody knows', () => ({ screenings: [randomUUID(), randomUUID()] }), '404 not-found'],
  ])('%s: refused', async (_, body, code) => {
    expect((await problem(await compare(body()))).code).toBe(code)
  })

  it('of a model that outlines no lungs cannot be compared', async () => {
    const plain = await edgeApp()
    const response = await plain.request('/v1/comparisons', {
      method: 'POST',
      headers: { authorization: `Bearer ${plain.key}` },
      body: form(first, second),
    })
    const { code, detail } = await problem(response)
    expect(code).toBe('422 comparison-unavailable')
    expect(detail).toMatch(/the model outlines no lungs.*detl add-regions MODEL --lungs models\/lungs-128/)
    await plain.stop()
  })
})

describe('a comparison is charged', () => {
  it('as one screening an image, once', async () => {
    const { key, usage } = await customer()
    const idempotency = { key, 'idempotency-key': randomUUID() }
    const before = await comparisonIn(await compare(form(first, second), idempotency))
    expect(await usage()).toEqual({ billed: 2, outcomes: { answered: 2 } })
    const calls = edge.gpu.calls
    const again = await compare(form(first, second), idempotency)
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect(await comparisonIn(again)).toEqual(before)
    expect(edge.gpu.calls).toBe(calls)
    expect(await usage()).toEqual({ billed: 2, outcomes: { answered: 2, replayed: 2 } })
    expect((await problem(await compare(form(second, first), idempotency))).code).toBe(
      '422 idempotency-mismatch',
    )
    expect((await usage()).billed).toBe(2)
  })

  it('once each, also where the service died between the charges of two films', async () => {
    const { id, key, usage } = await customer()
    const ledger = edge.ledger(id)
    const { settle } = ledger
    let settled = 0
    ledger.settle = (...args) => {
      if (++settled === 2) throw new Error('killed')
      return settle(...args)
    }
    const idempotency = { key, 'idempotency-key': randomUUID() }
    expect((await compare(form(first, second), idempotency)).status).toBe(500)
    ledger.settle = settle
    expect((await usage()).billed).toBeLessThanOrEqual(1)
    await comparisonIn(await compare(form(first, second), idempotency))
    await comparisonIn(await compare(form(first, second), idempotency))
    expect((await usage()).billed).toBe(2)
  })

  it('not at all where one film is refused or not answered, and it says which', async () => {
    const { key, usage } = await customer()
    const noise = new TextEncoder().encode('not an image') as Bytes
    const refused = await problem(await compare(form(first, noise), { key }))
    expect(refused.code).toBe('415 image-unsupported')
    expect(refused.detail).toMatch(/^film 2: /)
    let calls = 0
    edge.gpu.trouble = () => (++calls >= 2 ? { status: 503 } : undefined)
    expect((await compare(form(first, second), { key })).status).toBe(503)
    edge.gpu.trouble = undefined
    expect((await usage()).billed).toBe(0)
  })

  it('not at all where credits are left for one film of two', async () => {
    const { id, key, usage } = await customer({ plan: { kind: 'prepaid' } })
    await edge.admin('POST', `/accounts/${id}/credits`, { amount: 1, reference: randomUUID() })
    expect((await problem(await compare(form(first, second), { key }))).code).toBe('402 credits-exhausted')
    expect((await usage()).billed).toBe(0)
  })
})

describe('kept answers', () => {
  it('are compared by their ids, at no charge, with a remark on what was not looked at', async () => {
    const { key, usage } = await customer()
    const ids = [await kept(first, key), await kept(second, key)]
    const { billed } = await usage()
    const { films, screenings, overall } = await comparisonIn(await compare({ screenings: ids }, { key }))
    expect(films.map(({ screening }) => screening)).toEqual(ids)
    expect(screenings).toEqual([])
    expect(overall.remarks.map(({ code }) => code)).toEqual(['sides-unchecked'])
    expect((await usage()).billed).toBe(billed)
    const direct = await comparisonIn(await compare(form(first, second)))
    expect(overall.changes).toEqual(direct.overall.changes)
  })

  it('stand beside films, which alone are charged', async () => {
    const { key, usage } = await customer()
    const id = await kept(first, key)
    const { films, screenings } = await comparisonIn(await compare(form(id, second), { key }))
    expect(films[0]!.screening).toBe(id)
    expect(screenings).toHaveLength(1)
    expect((await usage()).billed).toBe(2)
  })

  it('make no picture and no DICOM report: those are made from the films', async () => {
    const ids = { screenings: [await kept(first), await kept(second)] }
    for (const accept of ['image/png', 'application/dicom'])
      expect((await problem(await compare(ids, { accept }))).code).toBe('406 not-acceptable')
    expect((await compare(ids, { accept: 'application/fhir+json' })).status).toBe(200)
  })

  it('of another account, or for a key that may not read, are not there', async () => {
    const { key } = await customer()
    const ids = { screenings: [await kept(first), await kept(second)] }
    expect((await problem(await compare(ids, { key }))).code).toBe('404 not-found')
    const { id } = await customer()
    const { key: writer } = await edge.newKey(id, { scopes: ['screenings:write'] })
    expect((await problem(await compare(ids, { key: writer }))).code).toBe('403 scope-missing')
  })
})
