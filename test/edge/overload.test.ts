import { gzipSync } from 'node:zlib'
import { codecs } from '@detl/codecs/modules'
import { places } from '@detl/core/places/places'
import { fetchSource } from '@detl/edge/batch/fetch-source'
import { hostCircuits } from '@detl/edge/batch/host-circuits'
import { parseHosts } from '@detl/edge/batch/source-rules'
import { byteBudget } from '@detl/edge/byte-budget'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { edgeApp, PLACES } from '../support/edge-app.ts'
import { chestPng } from '../support/images.ts'

let png: Uint8Array<ArrayBuffer>
beforeAll(async () => {
  png = await chestPng()
})

const problem = async (response: Response) =>
  `${response.status} ${((await response.json()) as { type: string }).type.split('/').at(-1)}`
/** A body of which the beginning comes, and no more; `read` once that has been taken, so once the upload holds what it takes. */
function stalled(beginning: Uint8Array = png.subarray(0, 100)) {
  let [isRead, breakOff] = [() => {}, () => {}]
  let send = (_: Uint8Array) => {}
  const read = new Promise<void>((resolve) => {
    isRead = resolve
  })
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(beginning)
      send = (bytes) => controller.enqueue(bytes)
      breakOff = () => controller.error(new Error('gone'))
    },
    pull: () => isRead(),
  })
  return { body, read, send: (bytes: Uint8Array) => send(bytes), breakOff: () => breakOff() }
}

/** An edge with two paying accounts. */
async function twoAccounts(deps: NonNullable<Parameters<typeof edgeApp>[0]>['deps']) {
  const edge = await edgeApp({ deps: { ...deps } })
  await edge.account('greedy')
  await edge.account('modest')
  const keys = { greedy: (await edge.newKey('greedy')).key, modest: (await edge.newKey('modest')).key }
  const send = async (
    account: keyof typeof keys,
    body: ReadableStream | Uint8Array<ArrayBuffer> | string,
    headers: Record<string, string> = {},
  ) =>
    edge.request('/v1/screenings', {
      method: 'POST',
      headers: { authorization: `Bearer ${keys[account]}`, ...headers },
      body,
      duplex: 'half',
    } as RequestInit)
  return { ...edge, send }
}

describe('uploads of one account that stall', () => {
  it('keep no other account out', async () => {
    const edge = await twoAccounts({ places: places({ ...PLACES, capacity: 4 }) })
    const uploads = Array.from({ length: 8 }, () => stalled())
    const slow = uploads.map(({ body }) => edge.send('greedy', body))
    await Promise.any(uploads.map(({ read }) => read))
    expect((await edge.send('modest', png)).status).toBe(200)
    for (const { breakOff } of uploads) breakOff()
    const outcomes = await Promise.all(slow.map(async (response) => problem(await response)))
    expect(new Set(outcomes)).toEqual(new Set(['503 overloaded', '400 upload-incomplete']))
    expect((await edge.send('greedy', png)).status).toBe(200)
    await edge.stop()
  })

  it('are ended for their pace, long before the deadline', async () => {
    const rules = { maxBytes: 2 ** 20, graceMs: 50, minBytesPerS: 1000 }
    const edge = await twoAccounts({ uploads: rules, deadlineMs: 600_000 })
    const response = await edge.send('greedy', stalled().body)
    expect([response.status, await response.json()]).toMatchObject([
      408,
      { detail: 'the image came at less than 1000 bytes a second' },
    ])
    await edge.stop()
  })
})

describe('the memory for uploads', () => {
  const bytes = () => byteBudget({ bytes: 900_000, accountBytes: 600_000, longestMs: 90_000 })
  const declared = (length: number) => ({ 'content-length': String(length) })

  it('is bounded, by what uploads say that they will be: what fits is answered, the rest is refused at once', async () => {
    const edge = await twoAccounts({ bytes: bytes() })
    const upload = stalled()
    const first = edge.send('greedy', upload.body, declared(500_000))
    await upload.read
    expect(await problem(await edge.send('greedy', stalled().body, declared(200_000)))).toBe('503 overloaded')
    expect(await problem(await edge.send('modest', stalled().body, declared(500_000)))).toBe('503 overloaded')
    expect((await edge.send('modest', png, declared(png.length))).status).toBe(200)
    upload.breakOff()
    expect(await problem(await first)).toBe('400 upload-incomplete')
    expect((await edge.send('greedy', png)).status).toBe(200)
    await edge.stop()
  })

  it('is not taken up by batches: together they have half of it, or one image what it needs', () => {
    const memory = bytes()
    const batch = (bytes: number) => {
      const claim = memory.claim('greedy', 'patient')
      claim.hold(bytes)
      return claim
    }
    const held = [batch(200_000), batch(250_000)]
    expect(() => batch(10_000)).toThrow('as much is being uploaded as fits')
    for (const account of ['greedy', 'modest']) {
      const request = memory.claim(account)
      request.hold(440_000)
      request.release()
    }
    for (const claim of held) claim.release()
    batch(600_000).release()
  })

  it('is held for a batch’s image as its bytes come, not as its host declares them', async () => {
    const memory = bytes()
    const image = stalled()
    const fetched = fetchSource(
      {
        archive: { get: async () => null } as never,
        hosts: parseHosts('http://127.0.0.1:9000'),
        maxBytes: 800_000,
        timeoutMs: 60_000,
        pace: { graceMs: 60_000, minBytesPerS: 1 },
        fetch: async () => new Response(image.body, { headers: declared(600_000) }),
        circuits: hostCircuits(Date.now),
      },
      { url: 'http://127.0.0.1:9000/1.png' },
      { account: 'greedy', authorization: undefined, claim: memory.claim('greedy', 'patient') },
    )
    await image.read
    const other = memory.claim('modest')
    other.hold(600_000)
    other.release()
    image.send(new Uint8Array(100_000))
    await expect
      .poll(() => {
        try {
          other.hold(400_000)
        } catch (error) {
          return (error as { code: string }).code
        }
        return other.release()
      })
      .toBe('overloaded')
    image.breakOff()
    await expect(fetched).rejects.toMatchObject({ code: 'source-unavailable' })
  })

  it('is given back whatever becomes of an upload', async () => {
    const edge = await twoAccounts({ bytes: bytes() })
    for (let i = 0; i < 20; i++) {
      const broken = new ReadableStream({
        start: (controller) => controller.enqueue(new Uint8Array(300_000)),
        pull: (controller) => controller.error(new Error('reset')),
      })
      expect(await problem(await edge.send('greedy', broken))).toBe('400 upload-incomplete')
      expect(await problem(await edge.send('greedy', 'no image'))).toBe('415 image-unsupported')
    }
    expect((await edge.send('greedy', png)).status).toBe(200)
    await edge.stop()
  })
})

describe('Content-Encoding', () => {
  it('gzip is read, within the limit of the body', async () => {
    const edge = await edgeApp()
    const gzip = { 'content-encoding': 'gzip' }
    const [plain, zipped] = [await edge.screen(png), await edge.screen(gzipSync(png), gzip)]
    const scores = async (response: Response) =>
      ((await response.json()) as { probabilities: unknown }).probabilities
    expect(zipped.status).toBe(200)
    expect(await scores(zipped)).toEqual(await scores(plain))
    const bomb = gzipSync(new Uint8Array(64 * 2 ** 20))
    expect(await problem(await edge.screen(bomb, gzip))).toBe('413 body-too-large')
    expect(await problem(await edge.screen(gzipSync(png).subarray(0, 200), gzip))).toBe('400 request-invalid')
    const brotli = await edge.screen(png, { 'content-encoding': 'br' })
    expect([brotli.headers.get('accept-encoding'), await problem(brotli)]).toEqual([
      'gzip',
      '415 encoding-unsupported',
    ])
    await edge.stop()
  })
})

describe('turns at decoding', () => {
  it('go round among the accounts, and who would wait too long is refused at once', async () => {
    // A clock of its own, on which a decoding takes 100 ms: what waits too long does not hang on this machine's load.
    let now = 0
    let calls = 0
    const slow: typeof codecs.jpeg = async (...args) => {
      calls++
      await new Promise((resolve) => setTimeout(resolve, 10))
      now += 100
      return codecs.jpeg(...args)
    }
    const jpeg = new Uint8Array(await sharp(png).jpeg().toBuffer())
    const edge = await twoAccounts({
      codecs: { ...codecs, jpeg: slow },
      places: places({ ...PLACES, atOnce: 1, maxWaitMs: 1000, now: () => now }),
    })
    expect((await edge.send('modest', jpeg)).status).toBe(200)
    const ended: string[] = []
    const sent = (account: 'greedy' | 'modest') =>
      edge.send(account, jpeg).then((response) => {
        if (response.status === 200) ended.push(account)
        return response
      })
    const greedy = Array.from({ length: 30 }, () => sent('greedy'))
    await expect.poll(() => calls).toBeGreaterThan(1)
    const modest = await sent('modest')
    expect(modest.status).toBe(200)
    const before = ended.indexOf('modest')
    const outcomes = await Promise.all(greedy.map(async (response) => (await response).status))
    expect(new Set(outcomes)).toEqual(new Set([200, 503]))
    expect(before).toBeLessThan(outcomes.filter((status) => status === 200).length - 2)
    await edge.stop()
  })
})

describe('under load', () => {
  it('test keys give way before live ones, uncharged, and both are served afterwards', async () => {
    const busy = await edgeApp({ deps: { places: places({ ...PLACES, capacity: 4 }) } })
    const { key: live } = await busy.newKey('demo')
    const send = (key: string) => busy.screen(png, { authorization: `Bearer ${key}` })
    busy.gpu.trouble = () => ({ delayMs: 150 })
    const first = [send(busy.key), send(busy.key)]
    await expect.poll(() => busy.gpu.calls).toBe(2)
    const [test, paid] = await Promise.all([send(busy.key), send(live)])
    expect(paid.status).toBe(200)
    expect(Number(test.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await problem(test)).toBe('503 overloaded')
    expect((await Promise.all(first)).map(({ status }) => status)).toEqual([200, 200])
    expect((await send(busy.key)).status).toBe(200)
    expect(busy.ledger('demo').charged(0, Date.now() + 1)).toBe(1)
    await busy.stop()
  })
})
