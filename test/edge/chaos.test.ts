import { createServer } from 'node:net'
import type { UsageRow } from '@detl/core/api/account'
import { uniform } from '@detl/core/base/random'
import { describe, expect, it } from 'vitest'
import { within } from '../support/deadline.ts'
import { edgeProcess } from '../support/edge-process.ts'
import { gpuStandIn } from '../support/gpu-stand-in.ts'
import { chestPng } from '../support/images.ts'
import { testManifest } from '../support/manifest.ts'
import { METER, STRIPE_KEY, stripeStandIn } from '../support/stripe-stand-in.ts'

const REQUESTS = 200
const KEYS = 50
/** `DETL_CHAOS_ROUNDS=20 npx vitest run test/edge/chaos.test.ts` for a soak. */
const ROUNDS = Number(process.env.DETL_CHAOS_ROUNDS ?? 1)
const LEASE_MS = 1500
const ATTEMPT_MS = 20_000
/** For the last of 200 callers who ask again at random, from the second restart on: how long a restart takes is the machine's. */
const ANSWER_MS = 240_000
const LONGEST_WAIT_MS = 1000
/** So long another program has the port of the edge that was killed. */
const OTHER_PROGRAM_MS = 1000

describe('200 requests with 50 Idempotency-Keys at once, a GPU function that fails at random, workerd killed twice', () => {
  it.each(Array.from({ length: ROUNDS }, (_, round) => round))(
    'charge each answered screening once and reconcile to no difference (round %i)',
    { timeout: 600_000 },
    async (round) => {
      const chance = uniform(round + 1)
      const manifest = testManifest()
      const gpu = await gpuStandIn(manifest)
      const stripe = await stripeStandIn()
      gpu.trouble = () => {
        const dice = chance()
        return dice < 0.15
          ? { status: 503 }
          : dice < 0.25
            ? 'hang-up'
            : dice < 0.3
              ? { delayMs: 300 }
              : undefined
      }
      stripe.fail = () => (chance() < 0.2 ? 500 : undefined)
      let over = false
      const edge = await edgeProcess({
        manifest,
        gpuUrl: gpu.url,
        vars: {
          LEASE_MS: String(LEASE_MS),
          EXPORT_RETRY_MS: '1000',
          STRIPE_URL: stripe.url,
          STRIPE_API_KEY: STRIPE_KEY,
          STRIPE_METER_ID: METER,
          FALLBACK: 'fail',
          // What is let in is to end before its caller gives up, on a machine that has other work too.
          MAX_IN_FLIGHT: '8',
        },
      })
      try {
        const account = { name: 'chaos', plan: { kind: 'postpaid' }, billingCustomer: 'cus_1' }
        await edge.admin('PUT', '/accounts/chaos', {
          ...account,
          limits: { perMinute: 100_000, perKeyPerMinute: 100_000, concurrent: 100 },
        })
        const { key } = await edge.admin<{ key: string }>('POST', '/accounts/chaos/keys', {
          name: 'k',
          mode: 'live',
        })
        const images = await Promise.all(Array.from({ length: KEYS }, (_, i) => chestPng(i, 40)))

        let interrupted = 0
        let restarted = Number.POSITIVE_INFINITY
        async function attempt(study: number): Promise<{ status: number; text: string }> {
          const response = await fetch(`${edge.url}/v1/screenings`, {
            method: 'POST',
            body: images[study]!,
            headers: { authorization: `Bearer ${key}`, 'idempotency-key': `study-${study}` },
            signal: AbortSignal.timeout(ATTEMPT_MS),
          })
          return { status: response.status, text: await response.text() }
        }

        /** As a client does that wants its answer: again until there is one. */
        async function screenUntilAnswered(study: number): Promise<string> {
          let last = 'nothing'
          for (let waitMs = 100; Date.now() < restarted + ANSWER_MS && !over; waitMs *= 2) {
            // Node's fetch, when its server is killed, now and then neither ends nor heeds its signal: so this has a deadline of its own.
            const answer = await within(2 * ATTEMPT_MS, `study-${study}`, attempt(study)).catch(
              (error: unknown) => {
                interrupted++ // workerd was killed
                last = String(error)
              },
            )
            if (answer?.status === 200) return answer.text
            if (answer && ![409, 429, 500, 502, 503, 504].includes(answer.status))
              throw new Error(`${answer.status} ${answer.text}`)
            if (answer) last = String(answer.status)
            waitMs = Math.min(waitMs, LONGEST_WAIT_MS)
            await new Promise((resolve) => setTimeout(resolve, waitMs * (0.5 + chance())))
          }
          throw new Error(`no answer for study-${study} within ${ANSWER_MS} ms; last: ${last}`)
        }

        const asked = Promise.all(Array.from({ length: REQUESTS }, (_, n) => screenUntilAnswered(n % KEYS)))
        asked.catch(() => undefined) // looked at below; a failed restart is thrown first
        for (const kill of [1, 2]) {
          await new Promise((resolve) => setTimeout(resolve, 400 + 800 * chance()))
          await edge.kill()
          if (kill === 2) takePort(edge.url)
          await edge.start()
        }
        restarted = Date.now()
        const answers = await asked
        expect(interrupted).toBeGreaterThan(0)

        // Every repeat got the answer of its key: as many different answers as keys.
        expect(new Set(answers).size).toBe(KEYS)
        const { usage } = await edge.admin<{ usage: UsageRow[] }>('GET', '/accounts/chaos/usage')
        expect(usage.reduce((sum, { billed }) => sum + billed, 0)).toBe(KEYS)

        stripe.fail = undefined
        const day = 24 * 3600_000
        const window = {
          from: new Date(Date.now() - day).toISOString(),
          to: new Date(Date.now() + day).toISOString(),
        }
        await expect
          .poll(() => edge.admin('POST', '/reconcile', window), { interval: 200 })
          .toEqual({ accounts: [{ account: 'chaos', charged: KEYS, reported: KEYS, difference: 0 }] })
        // The ids that the callers saw are the ones that were billed.
        expect(new Set(stripe.events.keys())).toEqual(new Set(answers.map((answer) => JSON.parse(answer).id)))
      } catch (error) {
        throw new Error(`${String(error)}\n${edge.log().slice(-3000)}`, { cause: error })
      } finally {
        over = true
        await edge.stop()
        await Promise.all([gpu.stop(), stripe.stop()])
      }
    },
  )
})

/** As another program may between an end and a start. */
function takePort(url: string): void {
  const other = createServer((socket) => socket.destroy())
  other.listen(Number(new URL(url).port), '127.0.0.1')
  setTimeout(() => other.close(), OTHER_PROGRAM_MS)
}
