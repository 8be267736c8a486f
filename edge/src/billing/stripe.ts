import * as z from 'zod'
import { type BillingSink, SinkError } from './sink.ts'

export type StripeOptions = {
  readonly apiKey: string
  /** `https://api.stripe.com`, or a stand-in. */
  readonly baseUrl: string
  /** The meter's `event_name`, and its id for reading sums back. */
  readonly eventName: string
  readonly meterId: string
}

const TIMEOUT_MS = 10_000
const summaries = z.object({
  data: z.array(z.object({ id: z.string(), aggregated_value: z.number() })),
  has_more: z.boolean(),
})

/**
 * Stripe's usage-based billing: POST /v1/billing/meter_events, one for each screening, and the meter's event summaries to read back.
 * `identifier` is unique for at least 24 h there (Stripe API reference, "Meter Event").
 */
export function stripeSink({ apiKey, baseUrl, eventName, meterId }: StripeOptions): BillingSink {
  const call = async (path: string, init: RequestInit = {}) => {
    let response: Response
    try {
      response = await fetch(baseUrl + path, {
        ...init,
        headers: { authorization: `Bearer ${apiKey}`, ...init.headers },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
    } catch (cause) {
      throw new SinkError('the billing provider cannot be reached', false, { cause })
    }
    if (response.ok) return response
    const text = (await response.text()).slice(0, 500)
    const passing =
      response.status === 408 || response.status === 409 || response.status === 429 || response.status >= 500
    // An identifier that was seen before: the event is there, which is all that we want.
    if (response.status === 400 && /identifier/.test(text) && /already|duplicate/i.test(text)) return response
    throw new SinkError(`the billing provider answered ${response.status}: ${text}`, !passing)
  }
  return {
    async report({ entry, customer, at }) {
      await call('/v1/billing/meter_events', {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', 'idempotency-key': entry },
        body: new URLSearchParams({
          event_name: eventName,
          identifier: entry,
          timestamp: String(Math.floor(at / 1000)),
          'payload[stripe_customer_id]': customer,
          'payload[value]': '1',
        }).toString(),
      })
    },
    async total(customer, from, to) {
      let sum = 0
      for (let after: string | undefined; ; ) {
        const query = new URLSearchParams({
          customer,
          start_time: String(Math.floor(from / 1000)),
          end_time: String(Math.floor(to / 1000)),
          limit: '100',
          ...(after !== undefined && { starting_after: after }),
        })
        const response = await call(`/v1/billing/meters/${meterId}/event_summaries?${query}`)
        const page = summaries.parse(await response.json())
        sum += page.data.reduce((total, { aggregated_value }) => total + aggregated_value, 0)
        after = page.data.at(-1)?.id
        if (!page.has_more || after === undefined) return sum
      }
    },
  }
}
