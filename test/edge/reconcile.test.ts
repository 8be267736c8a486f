import { stripeSink } from '@detl/edge/billing/stripe'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { detl } from '../support/detl-process.ts'
import { ADMIN_KEY, edgeApp } from '../support/edge-app.ts'
import { chestPng } from '../support/images.ts'
import { listen } from '../support/listen.ts'
import { METER, STRIPE_KEY, stripeStandIn } from '../support/stripe-stand-in.ts'

describe('detl billing reconcile', () => {
  let stripe: Awaited<ReturnType<typeof stripeStandIn>>
  let edge: Awaited<ReturnType<typeof edgeApp>>
  let server: Awaited<ReturnType<typeof listen>>
  beforeAll(async () => {
    stripe = await stripeStandIn()
    const billing = stripeSink({
      apiKey: STRIPE_KEY,
      baseUrl: stripe.url,
      eventName: 'detl_screening',
      meterId: METER,
    })
    edge = await edgeApp({ deps: { billing } })
    server = await listen(edge)
    await edge.account('clinic', { billingCustomer: 'cus_1' })
    const { key } = await edge.newKey('clinic')
    for (const seed of [1, 2]) {
      const response = await edge.screen(await chestPng(seed), { authorization: `Bearer ${key}` })
      expect(response.status).toBe(200)
    }
  })
  afterAll(async () => {
    await server?.stop()
    await edge?.stop()
    await stripe?.stop()
  })

  const report = (identifier: string) => {
    const timestamp = Math.floor(Date.now() / 1000)
    stripe.events.set(identifier, { customer: 'cus_1', value: 1, timestamp })
  }
  async function reconcile(...args: string[]) {
    const to = new Date(Date.now() + 60_000).toISOString()
    const env = { DETL_ADMIN_KEY: ADMIN_KEY }
    const run = detl(['billing', 'reconcile', '--edge', server.url, '--to', to, ...args], env)
    return { code: await run.exit, text: run.output() }
  }

  it('fails while a charge is not known to the provider, and names the account', async () => {
    report('one')
    const { code, text } = await reconcile()
    expect(text).toContain('clinic  charged 2, reported 1, difference 1')
    expect(code).toBe(1)
  })

  it('passes where both have the same', async () => {
    report('two')
    const { code, text } = await reconcile('--json')
    expect(text).toContain('{"account":"clinic","charged":2,"reported":2,"difference":0}')
    expect(code).toBe(0)
  })

  it('says what is wrong with its flags', async () => {
    const { code, text } = await reconcile('--from', 'yesterday')
    expect(text).toMatch(/--from.*'yesterday' is invalid. It is a time in UTC that there is/)
    expect(code).toBe(2)
  })
})
