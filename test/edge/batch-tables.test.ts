import { afterAll, beforeAll, expect, it } from 'vitest'
import { batchCustomers } from '../support/batch-customers.ts'
import { testManifest } from '../support/manifest.ts'
import { TEST_REGIONS } from '../support/regions.ts'

let world: Awaited<ReturnType<typeof batchCustomers>>
beforeAll(async () => {
  world = await batchCustomers({ manifest: testManifest({ regions: TEST_REGIONS }) })
})
afterAll(() => world.stop())

it('the table of a batch says how much of the lungs is opaque, as its lines of JSON do', async () => {
  const { made, call, lines } = await world.customer()
  world.images.trouble.set('/2.png', 404)
  const path = await made(world.many(3))
  await world.workToTheEnd()
  const csv = await (await call('GET', `${path}/results`, { accept: 'text/csv' })).text()
  const [head, ...rows] = csv
    .trimEnd()
    .split('\r\n')
    .map((line) => line.split(','))
  const cell = (row: string[], name: string) => row[head!.indexOf(name)]
  const screened = (await lines(path)).filter(({ screening }) => screening)
  expect(screened).toHaveLength(2)
  for (const { item, screening } of screened) {
    const row = rows.find((one) => cell(one, 'item') === String(item))!
    expect(cell(row, 'severity')).toBe('assessable')
    expect(Number(cell(row, 'severity_score'))).toBe(screening.severity.score.value)
    expect(Number(cell(row, 'extent_left_high'))).toBe(screening.severity.extent.left.high)
    expect(cell(row, 'model')).toBe(`${screening.model.name} ${screening.model.version}`)
  }
  expect(cell(rows.at(-1)!, 'error')).toBe('source-missing')
  expect(cell(rows.at(-1)!, 'severity')).toBe('')
})

it.each([
  '=1+1',
  '+1',
  '-1',
  '@A1',
  '\tx',
  '\n=1+1',
  ' =1+1',
  '\u2028=1+1',
  '\u202e=1+1',
  '\uff1d1+1',
  '\uff201',
])('an id that a spreadsheet would take for a formula has an apostrophe before it: %j', async (id) => {
  const { made, call } = await world.customer()
  const path = await made([{ ...world.many(1)[0]!, id }])
  await world.workToTheEnd()
  const csv = await (await call('GET', `${path}/results`, { accept: 'text/csv' })).text()
  expect(csv.split('\r\n').slice(1).join('\r\n')).toMatch(/^1,"?'/)
  expect(csv).toContain(`'${id}`)
})
