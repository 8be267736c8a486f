import { once } from 'node:events'
import { createServer } from 'node:http'
import { within } from './deadline.ts'

export const STRIPE_KEY = 'sk_test_stand_in'
export const METER = 'mtr_1'

/** Stripe's meter events and event summaries, as far as its API reference describes them; an identifier counts once. */
export async function stripeStandIn(port = 0) {
  const events = new Map<string, { customer: string; value: number; timestamp: number }>()
  const state = {
    requests: 0,
    fail: undefined as ((request: number) => number | undefined) | undefined,
    events,
  }

  function respond(method: string, url: URL, body: URLSearchParams): { status: number; body: unknown } {
    const status = state.fail?.(state.requests++)
    if (status !== undefined) return { status, body: { error: { message: 'try again' } } }
    if (method === 'POST' && url.pathname === '/v1/billing/meter_events') {
      const identifier = body.get('identifier') ?? ''
      const customer = body.get('payload[stripe_customer_id]') ?? ''
      const value = Number(body.get('payload[value]'))
      const timestamp = Number(body.get('timestamp'))
      if (
        !identifier ||
        identifier.length > 100 ||
        !customer ||
        !value ||
        !timestamp ||
        !body.get('event_name')
      )
        return { status: 400, body: { error: { message: 'a parameter is missing' } } }
      if (events.has(identifier))
        return {
          status: 400,
          body: { error: { message: `An event already exists with identifier ${identifier}` } },
        }
      events.set(identifier, { customer, value, timestamp })
      return { status: 200, body: { object: 'billing.meter_event', identifier } }
    }
    if (method === 'GET' && url.pathname === `/v1/billing/meters/${METER}/event_summaries`) {
      const [from, to] = [
        Number(url.searchParams.get('start_time')),
        Number(url.searchParams.get('end_time')),
      ]
      if (from % 60 || to % 60) return { status: 400, body: { error: { message: 'not on a minute' } } }
      const sum = [...events.values()]
        .filter((event) => event.customer === url.searchParams.get('customer'))
        .filter(({ timestamp }) => timestamp >= from && timestamp < to)
        .reduce((total, { value }) => total + value, 0)
      return { status: 200, body: { data: [{ id: 'sum_1', aggregated_value: sum }], has_more: false } }
    }
    return { status: 404, body: { error: { message: 'no such address' } } }
  }

  const server = createServer(async (request, response) => {
    const text = Buffer.concat(await request.toArray()).toString()
    const allowed = request.headers.authorization === `Bearer ${STRIPE_KEY}`
    const { status, body } = allowed
      ? respond(request.method ?? '', new URL(request.url ?? '/', 'http://stripe'), new URLSearchParams(text))
      : { status: 401, body: { error: { message: 'no such key' } } }
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address() as { port: number }
  return Object.assign(state, {
    url: `http://127.0.0.1:${address.port}`,
    stop: async () => {
      const closed = once(server, 'close')
      server.close() // first: a connection that came between would keep it open
      server.closeAllConnections()
      await within(5000, 'the stand-in of Stripe to close', closed)
    },
  })
}
