import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { escapeHl7 } from '@detl/gateway/images/hl7-message'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { certificates } from '../support/certificates.ts'
import { chestDicom } from '../support/chest-dicom.ts'
import { serviceFor } from '../support/gateway.ts'
import { ack, mllpReceiver } from '../support/mllp-receiver.ts'

const WAIT = { interval: 50 }
type Answers = Parameters<typeof mllpReceiver>[0]

let service: Awaited<ReturnType<typeof serviceFor>>
const running: { stop: () => Promise<unknown> }[] = []
let cases = 0
beforeAll(async () => {
  service = await serviceFor()
})
afterAll(async () => {
  for (const one of running) await one.stop()
  await service?.stop()
})

type Told = Awaited<ReturnType<typeof pair>>

/** A gateway with a receiver; most tests share one, since a gateway's thread takes a second to start. */
async function pair(image: string) {
  const said = { answers: (() => 'AA') as NonNullable<Answers> }
  const ris = await mllpReceiver((message, nth) => said.answers(message, nth))
  const folder = `in-${image}`
  mkdirSync(join(service.dir, folder))
  const to = { kind: 'hl7', host: '127.0.0.1', port: ris.port, receiver: 'RIS', senderFacility: 'A&E', image }
  const gateway = await service.start(
    { folders: [{ path: folder, everyS: 0.05 }], destinations: { ris: to } },
    `data-${image}`,
  )
  running.push(gateway, ris)
  return { said, ris, folder, queue: gateway.queue }
}
const pairs = new Map<string, Told>()

/** A gateway takes one image and tells a receiver, which says what it is told to say. */
async function tell(
  answers: Answers = () => 'AA',
  change: Parameters<typeof chestDicom>[1] = {},
  image = 'none',
) {
  const told = pairs.get(image) ?? (await pair(image))
  pairs.set(image, told)
  const { said, ris, folder, queue } = told
  said.answers = answers
  ris.received = 0
  ris.accepted.clear()
  const uid = `2.25.4${cases}`
  const ids = { '0020000d': ['UI', `2.25.3${cases++}`], '00080018': ['UI', uid] } as const
  writeFileSync(join(service.dir, folder, `${uid}.dcm`), chestDicom(96, { ...ids, ...change }))
  const segments = () =>
    [...ris.accepted.values()][0]!
      .split('\r')
      .filter((one) => one !== '')
      .map((one) => one.split('|'))
  return {
    ris,
    segments,
    resend: (name: string) => queue.resend(name),
    state: () => queue.find(uid)?.state,
    delivery: () => queue.deliveriesOf(queue.find(uid)!.id)[0]!,
    deadLetters: () => queue.deadLetters().filter(({ sop_instance }) => sop_instance === uid),
  }
}

describe('an ORU^R01', () => {
  it('has the patient, the order, the sentence that decides, a score a class and the overlay', async () => {
    const { ris, segments } = await tell(
      undefined,
      { '00100010': ['PN', 'O|Neil^Ann^B^Dr^MD'], '00100021': ['LO', 'CLINIC~1'] },
      'png',
    )
    await expect.poll(() => ris.accepted.size, WAIT).toBe(1)
    const [msh, pid, obr, ...obx] = segments()
    expect(msh!.slice(0, 6)).toEqual(['MSH', '^~\\&', 'DETL', 'A\\T\\E', 'RIS', ''])
    expect(msh!.slice(8, 12)).toEqual([
      'ORU^R01^ORU_R01',
      expect.stringMatching(/^[0-9a-f]{20}$/),
      'P',
      '2.5.1',
    ])
    expect(msh![17]).toBe('UNICODE UTF-8')
    // DICOM: prefix, then suffix; HL7 the other way round.
    expect(pid!.slice(3, 9)).toEqual([
      'PAT-0815^^^CLINIC\\R\\1^MR',
      '',
      'O\\F\\Neil^Ann^B^MD^Dr',
      '',
      '19700101',
      'O',
    ])
    expect([obr![4], obr![7], obr![18], obr![19], obr![25]]).toEqual([
      '30745-4^XR Chest Views^LN',
      '20260102030405',
      'ACC-42',
      expect.stringMatching(/^2\.25\.3/),
      'P',
    ])
    expect(obx.map(([, n, type]) => `${n} ${type}`)).toEqual([
      '1 TX',
      '2 NM',
      '3 NM',
      '4 NM',
      '5 NM',
      '6 TX',
      '7 ED',
    ])
    expect(obx[0]![5]).toContain('No decision: there are no thresholds')
    expect(obx.slice(1, 5).reduce((sum, row) => sum + Number(row[5]), 0)).toBeCloseTo(1, 3)
    const [source, type, subtype, encoding, data] = obx[6]![5]!.split('^')
    expect([source, type, subtype, encoding]).toEqual(['DETL', 'IM', 'PNG', 'Base64'])
    expect(Buffer.from(data!, 'base64').subarray(1, 4).toString()).toBe('PNG')
  })

  it('names nobody where an identifier has control characters: without them it would be somebody else’s', async () => {
    const { ris, segments } = await tell(undefined, {
      '00100020': ['LO', '12\u00003'],
      '00080050': ['SH', 'A\u00011'],
    })
    await expect.poll(() => ris.accepted.size, WAIT).toBe(1)
    const [, pid, obr] = segments()
    expect([pid![3], obr![18]]).toEqual(['', ''])
  })

  it('has the report on paper in place of the overlay where that is asked for', async () => {
    const { ris, segments } = await tell(undefined, {}, 'pdf')
    await expect.poll(() => ris.accepted.size, WAIT).toBe(1)
    const last = segments().at(-1)!
    const [source, type, subtype, encoding, data] = last[5]!.split('^')
    expect([last[2], source, type, subtype, encoding]).toEqual(['ED', 'DETL', 'AP', 'PDF', 'Base64'])
    expect(Buffer.from(data!, 'base64').subarray(0, 5).toString()).toBe('%PDF-')
  })

  it('says that there is no result, and why, where the image was refused', async () => {
    const { ris, segments } = await tell(undefined, { '00280004': ['CS', 'PALETTE COLOR'] })
    await expect.poll(() => ris.accepted.size, WAIT).toBe(1)
    const [, , obr, obx] = segments()
    expect(obr![25]).toBe('X')
    expect(obx![11]).toBe('X')
    expect(obx![5]).toContain('This image was not scored by the chest X-ray screening')
  })

  it('writes no text that ends a field, a component, a segment or the frame', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const written = escapeHl7(text)
        // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not be there
        expect(written).not.toMatch(/[|^&~\r\n\x0b\x1c\x00]/)
        const unescaped = written.replaceAll(/\\(F|S|T|R|E|\.br)\\/g, (_, code: string) => UNESCAPED[code]!)
        expect(unescaped).toBe(plain(text))
      }),
    )
  })
})

const UNESCAPED: Record<string, string> = { F: '|', S: '^', T: '&', R: '~', E: '\\', '.br': '\n' }
/** What a receiver should read: line ends alike, control characters gone. */
const plain = (text: string) =>
  text
    .replaceAll(/\r\n|\r/g, '\n')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the same as above
    .replaceAll(/[\x00-\x08\x0b\x0c\x0e-\x1f]/g, '')

describe('an acknowledgement', () => {
  it('AE: the same message comes again, under the same MSH-10', async () => {
    const seen: string[] = []
    const { ris, state, delivery } = await tell((message, nth) => {
      seen.push(message.split('|')[9]!)
      return nth < 2 ? 'AE' : 'AA'
    })
    await expect.poll(state, WAIT).toBe('done')
    expect(ris.received).toBe(3)
    expect(new Set(seen).size).toBe(1)
    expect(delivery()).toMatchObject({ state: 'done', attempts: 2 })
  })

  it('AR: a dead letter at once, which goes out after resend', async () => {
    const { ris, state, deadLetters, resend } = await tell((_, nth) => (nth === 0 ? 'AR' : 'AA'))
    await expect
      .poll(deadLetters, WAIT)
      .toMatchObject([
        { destination: 'ris', code: 'hl7-rejected', reason: expect.stringContaining('acknowledged with AR') },
      ])
    expect(ris.received).toBe(1)
    expect(resend(deadLetters()[0]!.name)).toBe(1)
    await expect.poll(state, WAIT).toBe('done')
  })

  it('of another message does not count; none at all is a failure', async () => {
    const { ris, state } = await tell((_, nth) => {
      if (nth === 0) return 'nothing'
      return { raw: (id) => [ack('AR', 'another'), ack('AA', id)] }
    })
    await expect.poll(state, WAIT).toBe('done')
    expect(ris.received).toBe(2)
  })

  it.each([
    ['noise before it', (id: string) => `\x1c\r\r\n\x1c\x0b${ack('AA', id)}\x1c\r`],
    ['a frame that was begun twice', (id: string) => `\x0bMSH|half\x0b${ack('AA', id)}\x1c\r`],
    ['no end of the segment', (id: string) => `\x0b${ack('AA', id).trimEnd()}\x1c`],
    [
      'a thousand answers to others before it',
      (id: string) => `${`\x0b${ack('AR', 'another')}\x1c\r`.repeat(1000)}\x0b${ack('AA', id)}\x1c\r`,
    ],
  ])('with %s counts: the message is not sent again', async (_, bytes) => {
    const { ris, state } = await tell(() => ({ bytes }))
    await expect.poll(state, WAIT).toBe('done')
    expect(ris.received).toBe(1)
  })

  it('outside of a frame is none, and what does not end is cut off', async () => {
    const { ris, state } = await tell((_, nth) => {
      if (nth === 0) return { bytes: (id) => `\x0b${'x'.repeat(70_000)}${id}` }
      return 'AA'
    })
    await expect.poll(state, WAIT).toBe('done')
    expect(ris.received).toBe(2)
  })

  it('that quotes the patient where a code belongs leaves nothing of it behind', async () => {
    const { deadLetters } = await tell(() => ({
      raw: (id) => [`MSH|^~\\&|RIS\rMSA|AR|${id}|DOE^JANE\rERR||PID|DOE JANE^x|E\r`],
    }))
    await expect
      .poll(deadLetters, WAIT)
      .toMatchObject([{ reason: expect.stringMatching(/acknowledged with AR, with a text$/) }])
  })
})

it('over TLS goes to a receiver that both sides trust, and waits where one of them does not', async () => {
  const at = (name: string) => join(service.dir, name)
  for (const folder of ['ours', 'another', 'tls-in']) mkdirSync(at(folder))
  certificates(at('ours'))
  certificates(at('another'))
  const read = (name: string) => readFileSync(at(`ours/${name}`))
  const shown = { key: read('peer.key'), cert: read('peer.crt'), ca: read('ca.crt') }
  const ris = await mllpReceiver(() => 'AA', { ...shown, requestCert: true })
  running.push(ris)
  writeFileSync(at('tls-in/a.dcm'), chestDicom())
  const own = { key: 'ours/gateway.key', cert: 'ours/gateway.crt' }
  /** One gateway after the other goes on with the same message. */
  const start = (host: string, tls: object) =>
    service.start(
      {
        folders: [{ path: 'tls-in', everyS: 0.05 }],
        destinations: { ris: { kind: 'hl7', host, port: ris.port, image: 'none', tls } },
      },
      'data-tls',
    )
  for (const [tls, reason] of [
    [{ ...own, ca: 'another/ca.crt' }, /the certificate that it shows is not trusted \(.*tls\.ca/],
    [{ ca: 'ours/ca.crt' }, /does not accept our certificate, or wants one \(.*tls\.key/],
    [
      { key: 'another/gateway.key', cert: 'another/gateway.crt', ca: 'ours/ca.crt' },
      /does not accept our certificate/,
    ],
  ] as const) {
    const { queue, stop } = await start('localhost', tls)
    const delivery = () => queue.deliveriesOf(1)[0]
    await expect
      .poll(delivery, WAIT)
      .toMatchObject({ state: 'waiting', code: 'unreachable', reason: expect.stringMatching(reason) })
    await stop()
  }
  expect(ris.received).toBe(0)
  const { queue, stop } = await start('127.0.0.1', { ...own, ca: 'ours/ca.crt' })
  await expect.poll(() => queue.state().items, WAIT).toEqual({ done: 1 })
  await stop()
  expect(ris.received).toBe(1)
})
