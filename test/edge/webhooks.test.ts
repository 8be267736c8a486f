import { AppError } from '@detl/core/api/problem'
import { checkReceiver, parsePorts } from '@detl/edge/webhooks/address'
import { type DeliveryOptions, deliveryQueue } from '@detl/edge/webhooks/deliveries'
import { webhookSecret } from '@detl/edge/webhooks/secret'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { nodeSql } from '../support/local-accounts.ts'

const PEPPER = 'a pepper for tests only'
const event = { id: 'evt_1', url: 'https://hooks.example.com/', body: '{"type":"x"}', webhook: 'demo:one' }
type Sent = { url: string; init: RequestInit }

function receiver(status: () => number | 'hang') {
  let now = Date.now()
  const queue = deliveryQueue(nodeSql(), () => now)
  const sent: Sent[] = []
  const options: DeliveryOptions = {
    pepper: PEPPER,
    allowLocal: false,
    fetch: async (url, init) => {
      sent.push({ url, init })
      const answer = status()
      if (answer === 'hang') throw new Error('timed out')
      return new Response(null, { status: answer })
    },
  }
  return {
    queue,
    sent,
    deliver: () => queue.deliverDue(options),
    wait: (seconds: number) => {
      now += seconds * 1000
    },
    dueIn: () => Math.round(((queue.nextDue() ?? Number.NaN) - now) / 1000),
  }
}

describe('a delivery', () => {
  it('is signed so that Standard Webhooks’ own library verifies it', async () => {
    const { queue, sent, deliver } = receiver(() => 204)
    queue.add(event)
    await deliver()
    const headers = sent[0]!.init.headers as Record<string, string>
    const verifier = new Webhook(await webhookSecret(PEPPER, event.webhook))
    expect(verifier.verify(event.body, headers)).toEqual({ type: 'x' })
    expect(() => verifier.verify('{"type":"y"}', headers)).toThrow()
    const other = new Webhook(await webhookSecret(PEPPER, 'demo:two'))
    expect(() => other.verify(event.body, headers)).toThrow()
  })

  it('that succeeded is not sent again, nor the same event added again', async () => {
    const { queue, sent, deliver, wait } = receiver(() => 200)
    queue.add(event)
    await deliver()
    queue.add(event)
    wait(1e6)
    await deliver()
    expect(sent).toHaveLength(1)
    expect(queue.nextDue()).toBeUndefined()
  })

  it.each<[string, number | 'hang']>([
    ['an error', 500],
    ['a redirect', 302],
    ['no answer', 'hang'],
  ])('that got %s is tried again later and later, with the same id, then given up', async (_, answer) => {
    const { queue, sent, deliver, wait, dueIn } = receiver(() => answer)
    queue.add(event)
    const waits: number[] = []
    for (let i = 0; i < 20 && queue.nextDue() !== undefined; i++) {
      await deliver()
      if (queue.nextDue() === undefined) break
      waits.push(dueIn())
      wait(dueIn())
    }
    expect(waits.length).toBe(10)
    expect(waits).toEqual(waits.toSorted((a, b) => a - b))
    expect(new Set(sent.map(({ init }) => (init.headers as Record<string, string>)['webhook-id']))).toEqual(
      new Set(['evt_1']),
    )
    expect(sent.every(({ init }) => init.redirect === 'manual')).toBe(true)
  })

  it('that waits for another attempt is not made once the webhook is removed', async () => {
    const { queue, sent, deliver, wait } = receiver(() => 500)
    queue.add(event)
    await deliver()
    queue.forget()
    wait(1e6)
    await deliver()
    expect(sent).toHaveLength(1)
    expect(queue.nextDue()).toBeUndefined()
  })

  it('to an address that is not public is never made, whoever stored it', async () => {
    const { queue, sent, deliver } = receiver(() => 200)
    queue.add({ ...event, url: 'https://169.254.169.254/latest/meta-data' })
    await deliver()
    expect(sent).toEqual([])
  })
})

it('a receiver whose answer never ends has taken the event by its status, and no more is read of it', async () => {
  const queue = deliveryQueue(nodeSql(), Date.now)
  let read = 0
  let cancelled = false
  const body = new ReadableStream(
    {
      pull(controller) {
        read++
        controller.enqueue(new Uint8Array(65_536))
      },
      cancel() {
        cancelled = true
      },
    },
    { highWaterMark: 0 },
  )
  queue.add(event)
  await queue.deliverDue({ pepper: PEPPER, allowLocal: false, fetch: async () => new Response(body) })
  expect({ read, cancelled, due: queue.nextDue() }).toEqual({ read: 0, cancelled: true, due: undefined })
})

describe('an address for webhooks', () => {
  it.each([
    'https://hooks.example.com/x?y=1',
    'https://93.184.216.34/',
    'https://[2606:2800:220:1::1]:8443/',
  ])('%s is accepted', (url) => {
    expect(checkReceiver(url, false).protocol).toBe('https:')
  })

  it.each([
    'http://hooks.example.com/',
    'ftp://hooks.example.com/',
    'file:///etc/passwd',
    'not a url',
    'https://user:pass@hooks.example.com/',
    'https://localhost/',
    'https://localhost./',
    'https://printer/',
    'https://api.localhost/',
    'https://db.internal/',
    'https://nas.local/',
    'https://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0177.0.0.1/',
    'https://0.0.0.0/',
    'https://10.1.2.3/',
    'https://172.16.0.1/',
    'https://192.168.1.1/',
    'https://169.254.169.254/',
    'https://100.64.0.1/',
    'https://224.0.0.1/',
    'https://255.255.255.255/',
    'https://[::1]/',
    'https://[::]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:a00:1]/',
    'https://[fe80::1]/',
    'https://[fc00::1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[2002:7f00:1::]/',
    'https://[::127.0.0.1]/',
    'https://[::ffff:0:7f00:1]/',
    'https://[64:ff9b:1::a00:1]/',
    'https://[2001::1]/',
    'https://[fec0::1]/',
    'https://①②⑦.⓪.⓪.①/',
    'https://kubernetes.default.svc/',
    'https://localhost.localdomain/',
    'https://localhost../',
    'https://127.0.0.1../',
    'https://metadata.google.internal.../',
    'https://.example.com/',
    'https://hooks.example.com:6379/',
    'https://hooks.example.com:80/',
    'https://93.184.216.34:22/',
  ])('%s is refused', (url) => {
    expect(() => checkReceiver(url, false)).toThrow(AppError)
  })

  it('may have the ports that the service names, and no others', () => {
    const ports = parsePorts('443, 9443')
    expect(checkReceiver('https://hooks.example.com:9443/', false, ports).port).toBe('9443')
    expect(() => checkReceiver('https://hooks.example.com:8443/', false, ports)).toThrow(AppError)
    for (const text of ['x', '0', '65536', '4 4 3 y']) expect(() => parsePorts(text)).toThrow('is no port')
  })
})
