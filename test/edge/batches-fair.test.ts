import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { batchCustomers } from '../support/batch-customers.ts'

let world: Awaited<ReturnType<typeof batchCustomers>>
beforeAll(async () => {
  world = await batchCustomers()
})
beforeEach(() => world.reset())
afterAll(() => world.stop())

/** Images of an archive that says 200 and then hardly anything. */
const slow = (n: number) => Array.from({ length: n }, (_, i) => ({ url: `${world.images.url}/drips/${i}` }))
const askedSlow = () => world.images.asked.filter(({ path }) => path.startsWith('/drips')).length

describe('a batch whose archive gives no answer', () => {
  it('keeps no other batch waiting, nor is its host asked again and again', async () => {
    const [stuck, other] = [await world.customer(), await world.customer()]
    const slowPath = await stuck.made(slow(500))
    await world.edge.workOnBatches()
    const path = await other.made(world.many(60))
    let runs = 0
    while ((await other.info(path)).status !== 'completed' && runs < 20) {
      await world.edge.workOnBatches()
      runs++
    }
    expect(runs).toBeLessThanOrEqual(3)
    // Four chunks with eight images under way at once, before anybody could know; then one look now and then.
    expect(askedSlow()).toBeLessThan(2 * 4 * 8)
    expect(await stuck.info(slowPath)).toMatchObject({ status: 'running', items: { waiting: 500 } })
  })

  it('has its items fail with a code that says so, and they can be run again when it is back', async () => {
    const { made, info, call, billed } = await world.customer()
    const path = await made([...slow(40), ...world.many(1)])
    for (let i = 0; i < 60 && (await info(path)).status !== 'completed'; i++) {
      await world.edge.workOnBatches()
      world.time.now += 20_000
    }
    expect(await info(path)).toMatchObject({ status: 'completed', items: { failed: 41 } })
    const { failures } = (await (await call('GET', `${path}/failures`)).json()) as {
      failures: { problem: { type: string } }[]
    }
    const types = new Set(failures.map(({ problem }) => problem.type))
    expect(types).toContain('/problems/source-not-asked')
    world.images.mended = true
    world.time.now += 60_000
    await call('POST', `${path}/rerun`)
    await world.workToTheEnd(10_000)
    expect(await info(path)).toMatchObject({ status: 'completed', items: { failed: 0, succeeded: 41 } })
    expect(billed()).toBe(41)
  })

  it('of one account is no reason not to ask the host for another', async () => {
    const [stuck, other] = [await world.customer(), await world.customer()]
    await stuck.made(slow(30))
    await world.edge.workOnBatches()
    const path = await other.made(world.many(5))
    await world.workToTheEnd()
    expect(await other.info(path)).toMatchObject({ items: { succeeded: 5 } })
  })
})

describe('workers', () => {
  const calls = async () => {
    const messages = await world.edge.books.due()
    return (account: string) => messages.filter((message) => message.account === account).length
  }

  it('are shared by the batches of an account: ten have no more than a few together', async () => {
    const [many, one] = [await world.customer(), await world.customer()]
    for (let i = 0; i < 8; i++) await many.made(world.many(200), `?name=${i}`)
    await one.made(world.many(200))
    await world.edge.books.due() // each has asked
    const of = await calls()
    expect(of(one.account)).toBeLessThanOrEqual(4)
    world.time.now += 61_000 // what was sent counts as lost
    const later = await calls()
    expect([later(many.account), later(one.account)]).toEqual([8, 4])
  })
})
