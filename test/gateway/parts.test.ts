import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readRelated, writeRelated } from '@detl/core/wire/multipart-related'
import { parseConfig } from '@detl/gateway/config'
import { stowObjects } from '@detl/gateway/deliver/stow'
import { readHeader } from '@detl/gateway/dicom/header'
import type { Http } from '@detl/gateway/http/client'
import type { FaultError } from '@detl/gateway/queue/fault'
import { lockFolder } from '@detl/gateway/queue/lock-folder'
import { Queue } from '@detl/gateway/queue/queue'
import { retryAt } from '@detl/gateway/queue/retry'
import { pduGuard } from '@detl/gateway/sources/pdu-guard'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chestDicom } from '../support/chest-dicom.ts'
import { testManifest } from '../support/manifest.ts'

let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'detl-gateway-parts-'))
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** Of an image that was taken in. */
const identity = {
  sop_instance: '2.25.1',
  sop_class: '1.2',
  study: '2.25.2',
  series: '2.25.3',
  patient: 'p',
}

describe('the configuration', () => {
  const whole = {
    service: { url: 'https://screening.example' },
    data: 'data',
    folders: [{ path: 'in' }],
    destinations: { pacs: { kind: 'stow', url: 'https://pacs.example/dicom-web', tls: { ca: 'ca.crt' } } },
  }

  it('takes paths from its own folder on', () => {
    const config = parseConfig(whole, '/etc/detl')
    expect(config.data).toBe('/etc/detl/data')
    expect(config.folders[0]!.path).toBe('/etc/detl/in')
    expect(config.destinations.pacs!.tls!.ca).toBe('/etc/detl/ca.crt')
    expect(parseConfig({ ...whole, data: '/var/lib/detl' }, '/etc/detl').data).toBe('/var/lib/detl')
  })

  it.each([
    ['a slip in a name', { ...whole, folder: [] }, /Unrecognized key: "folder"/],
    ['no way in', { ...whole, folders: [] }, /names no way in/],
    ['no way out', { ...whole, destinations: {} }, /destinations is empty/],
    ['another kind', { ...whole, destinations: { pacs: { kind: 'fax' } } }, /destinations\.pacs\.kind/],
    ['a long AE title', { ...whole, dimse: { aet: 'A'.repeat(17), callers: [] } }, /dimse\.aet: an AE title/],
  ])('says what is wrong with %s', (_, json, message) => {
    expect(() => parseConfig(json, '/')).toThrow(message)
  })
})

describe('multipart/related', () => {
  it('comes back as it was written, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 4 }), (bodies) => {
        const { type, body } = writeRelated(bodies)
        expect(readRelated(type, body).map((part) => [part.type, ...part.body])).toEqual(
          bodies.map((one) => ['application/dicom', ...one]),
        )
      }),
    )
  })

  it('is read with a preamble, a quoted boundary, and parts without headers', () => {
    const body = new TextEncoder().encode('hello\r\n--b c\r\n\r\none\r\n--b c\r\nX: y\r\n\r\n\r\n--b c--\r\n')
    const parts = readRelated('multipart/related; boundary="b c"; type="application/dicom"', body)
    expect(parts.map((part) => new TextDecoder().decode(part.body))).toEqual(['one', ''])
  })

  it('is looked through once, whatever boundary and bytes were chosen', () => {
    // Where each position is compared anew with a long boundary, these take minutes.
    const long = `${'-'.repeat(195)}x`
    const type = `multipart/related; boundary=${long}`
    const dashes = new Uint8Array(2 ** 25).fill(45)
    expect(() => readRelated(type, dashes)).toThrow('does not begin')
    const nearly = new TextEncoder().encode(
      `--${long}\r\n\r\n${`\r\n--${long.slice(0, -1)}`.repeat(150_000)}`,
    )
    expect(() => readRelated(type, nearly)).toThrow('cut off')
  })

  it('ends with an error where it is damaged', () => {
    const { type, body } = writeRelated([Uint8Array.of(1, 2, 3)])
    for (let length = 0; length < body.length - 4; length++)
      expect(() => readRelated(type, body.subarray(0, length))).toThrow('multipart body')
    expect(() => readRelated('multipart/related', body)).toThrow('no boundary')
  })
})

describe('what an archive says to STOW-RS', () => {
  const objects = ['2.25.1', '2.25.2'].map((sop_instance) => ({
    sop_class: '1.2.840.10008.5.1.4.1.1.88.33',
    sop_instance,
    file: new Uint8Array(8),
  }))
  const item = (uid: string, reason?: number) => ({
    '00081155': { vr: 'UI', Value: [uid] },
    ...(reason !== undefined && { '00081197': { vr: 'US', Value: [reason] } }),
  })
  const stored = (...uids: string[]) => ({ '00081199': { vr: 'SQ', Value: uids.map((uid) => item(uid)) } })
  const store = async (status: number, json: unknown, headers: Record<string, string> = {}) => {
    const to = { kind: 'stow', url: 'https://pacs.example', objects: ['sr', 'sc'], headers: {} } as const
    const answer = async () => new Response(JSON.stringify(json), { status, headers })
    const http = answer as unknown as Http // Node's own Response instead of undici's
    const fault = await stowObjects({ ...to, objects: [...to.objects] }, http, objects).then(
      () => undefined,
      (error: FaultError) => error.fault,
    )
    return fault
  }

  it('counts object by object, whatever the HTTP status', async () => {
    expect(await store(200, stored('2.25.1', '2.25.2'))).toBeUndefined()
    expect(await store(202, [stored('2.25.2', '2.25.1')])).toBeUndefined()
    expect(await store(400, stored('2.25.1', '2.25.2'))).toBeUndefined() // Orthanc, where a third part was bad
  })

  it('is a failure where one is missing, with its reason', async () => {
    const failed = { '00081198': { vr: 'SQ', Value: [item('2.25.2', 0xa700)] } }
    expect(await store(202, { ...stored('2.25.1'), ...failed })).toMatchObject({
      code: 'store-refused',
      reason: 'pacs.example answered 202: 1 of 2 objects are not stored (a700)',
    })
    expect(await store(200, 'OK')).toMatchObject({ reason: expect.stringContaining('2 of 2') })
    expect(await store(503, {}, { 'retry-after': '7' })).toMatchObject({ retryAfterS: 7 })
  })
})

describe('the header of an image', () => {
  it.each([
    ['ISO_IR 100', [0x4d, 0xfc, 0x6c, 0x6c, 0x65, 0x72], 'Müller'],
    ['ISO_IR 192', [...new TextEncoder().encode('Łukasz')], 'Łukasz'],
    ['ISO_IR 144', [0xb8, 0xd2, 0xd0, 0xdd], 'Иван'],
    ['\\ISO 2022 IR 87', [0x59, 0x5e, 0x1b, 0x24, 0x42, 0x3b, 0x33, 0x45, 0x44, 0x1b, 0x28, 0x42], 'Y^山田'],
    ['\\ISO 2022 IR 149', [0x1b, 0x24, 0x29, 0x43, 0xb1, 0xe8], '김'],
  ])('gives a name in %s', async (charset, bytes, name) => {
    const file = chestDicom(32, {
      '00080005': ['CS', charset],
      '00100010': ['PN', Uint8Array.from(bytes.length % 2 ? [...bytes, 0x20] : bytes)],
    })
    expect((await readHeader(file)).patient.name).toBe(name)
  })
})

describe('the queue', () => {
  const rules = { firstS: 5, longestS: 900, giveUpAfterS: 172_800 }

  it('waits longer and longer, never less than it was asked to, and gives up after two days', () => {
    let now = 0
    for (let attempts = 1; ; attempts++) {
      const due = retryAt(rules, { now, firstTry: 0, attempts })
      if (due === undefined) break
      const wait = (due - now) / 1000
      const least = Math.min(900, 5 * 2 ** (attempts - 1))
      expect(wait).toBeGreaterThanOrEqual(least)
      expect(wait).toBeLessThanOrEqual(1.2 * least + 0.001)
      now = due
    }
    expect(now).toBeGreaterThanOrEqual(172_800_000)
    expect(now).toBeLessThan(172_800_000 + 1_200_000)
    expect(retryAt(rules, { now: 0, firstTry: 0, attempts: 1, retryAfterS: 60 })).toBe(60_000)
    // Whoever asks for years is asked once more, when it is time to give up.
    const years = { now: 1000, firstTry: 0, attempts: 1, retryAfterS: 1e11 }
    expect(retryAt(rules, years)).toBe(172_800_000)
  })

  it('belongs to one gateway, and to the next once that has ended', () => {
    const refusal = 'another gateway works on it'
    const first = lockFolder(dir, refusal)
    expect(() => lockFolder(dir, refusal)).toThrow(refusal)
    first.release()
    lockFolder(dir, refusal).release()
  })

  it('gives every image and answer out until it is done, and forgets it after its days', () => {
    let now = 1000
    const queue = new Queue(join(dir, 'queue'), rules, { now: () => now, steady: () => now })
    const item = queue.add(identity, 'test')
    const { id } = item
    expect(() => queue.add(identity, 'test')).toThrow('conflict')
    expect(queue.dueItems(10)).toHaveLength(1)
    queue.itemFailed(id, { code: 'unreachable', reason: 'away' })
    expect(queue.dueItems(10)).toHaveLength(0)
    now = queue.nextDue()!
    expect(queue.dueItems(10)).toHaveLength(1)
    const answer = { json: '{}', manifest: testManifest() }
    queue.screened(item, answer, ['a', 'b'])
    queue.screened(item, answer, ['a', 'b']) // a second answer changes nothing
    expect(queue.waiting()).toBe(1)
    const [a, b] = queue.dueDeliveries(10)
    expect(queue.delivered(a!.id)).toBe(false)
    queue.deliveryFailed(b!.id, { code: 'hl7-rejected', reason: 'no', final: true })
    expect(queue.deadLetters()).toMatchObject([{ name: `d${b!.id}`, destination: 'b' }])
    expect(queue.resend('d999')).toBe(0)
    expect(queue.resend()).toBe(1)
    expect(queue.delivered(b!.id)).toBe(true)
    expect(queue.item(id)!.state).toBe('done')
    queue.forget(now + 1)
    expect(queue.item(id)).toBeUndefined()
    queue.close()
  })
})

it.each([
  ['back by a day', -86_400_000, false],
  ['forward by ten days', 864_000_000, false],
  ['back by a day before a start', -86_400_000, true],
])('a system clock that is set %s moves what waits along', (_, jump, restart) => {
  const rules = { firstS: 10, longestS: 600, giveUpAfterS: 172_800 }
  const folder = join(dir, `clock ${jump} ${restart}`)
  let [steady, set] = [0, 1.7e12]
  const clocks = { now: () => set + steady, steady: () => steady }
  let queue = new Queue(folder, rules, clocks)
  const { id } = queue.add(identity, 'test')
  const listed = { archive: 'a', sop_instance: '2.25.4', study: '2.25.2' }
  const fault = { code: 'unreachable', reason: 'away' }
  expect(queue.dueItems(1)).toHaveLength(1)
  queue.itemFailed(id, fault)
  queue.fetches.failed(listed, fault)
  set += jump
  if (restart) {
    queue.close()
    queue = new Queue(folder, rules, clocks)
  }
  steady += 1000
  expect(queue.dueItems(1)).toHaveLength(0)
  steady += 12_000 // 10 s, and up to a fifth more
  expect(queue.dueItems(1)).toHaveLength(1)
  expect(queue.fetches.isDue(listed)).toBe(true)
  queue.itemFailed(id, fault)
  expect(queue.item(id)).toMatchObject({ state: 'received', attempts: 2 })
  expect(queue.state().oldestS).toBeGreaterThanOrEqual(0)
  queue.close()
})

it('what came again as somebody else’s is neither answered nor done by what was under way', () => {
  const queue = new Queue(join(dir, 'changed'), { firstS: 1, longestS: 1, giveUpAfterS: 1 })
  const answer = { json: '{}', manifest: testManifest() }
  const first = queue.add(identity, 'test')
  queue.screened(first, answer, ['a'])
  const [under] = queue.dueDeliveries(1)
  queue.contradicted(first.id, { ...identity, patient: 'q' }, { code: 'identity-changed', reason: 'r' })
  expect(queue.delivered(under!.id)).toBe(false)
  expect(queue.dueDeliveries(1)).toEqual([])
  expect(queue.resend(`i${first.id}`)).toBe(1)
  queue.screened(first, answer, ['a']) // of the first revision
  expect(queue.item(first.id)).toMatchObject({ state: 'received', revision: 1, answer: null })
  queue.close()
})

describe('what guards the DIMSE library', () => {
  it('lets PDUs pass in any pieces, and stops at the head of one that is too long', () => {
    const pdu = (length: number) => [
      4,
      0,
      length >>> 24,
      (length >>> 16) & 255,
      (length >>> 8) & 255,
      length & 255,
    ]
    fc.assert(
      fc.property(fc.array(fc.nat(50)), fc.nat(20), (lengths, step) => {
        const allows = pduGuard(50)
        const bytes = Uint8Array.from(
          lengths.flatMap((length) => [...pdu(length), ...Array<number>(length).fill(9)]),
        )
        for (let at = 0; at < bytes.length; at += step + 1)
          expect(allows(bytes.subarray(at, at + step + 1))).toBe(true)
        expect(allows(Uint8Array.from(pdu(51)))).toBe(false)
      }),
    )
    expect(pduGuard()(Uint8Array.from(pdu(0xffffffff)))).toBe(false)
  })
})
