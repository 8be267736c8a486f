import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { escapeHl7 } from '@detl/gateway/images/hl7-message'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { chestDicom } from '../support/chest-dicom.ts'
import { serviceFor } from '../support/gateway.ts'
import { ack, mllpReceiver } from '../support/mllp-receiver.ts'

const WAIT = { timeout: 20_000, interval: 50 }
type Answers = Parameters<typeof mllpReceiver>[0]

let service: Awaited<ReturnType<typeof serviceFor>>
let running: { stop: () => Promise<unknown> }[] = []
let cases = 0
beforeAll(async () => {
  service = await serviceFor()
})
afterEach(async () => {
  for (const one of running) await one.stop()
  running = []
})
afterAll(() => service?.stop())

/** A gateway that takes one image and tells a receiver, which says what it is told to say. */
async function tell(answers?: Answers, change: Parameters<typeof chestDicom>[1] = {}, image = 'none') {
  const name = `case-${cases++}`
  mkdirSync(join(service.dir, name))
  const ids = { '0020000d': ['UI', `2.25.3${cases}`], '00080018': ['UI', `2.25.4${cases}`] } as const
  writeFileSync(join(service.dir, name, 'a.dcm'), chestDicom(96, { ...ids, ...change }))
  const ris = await mllpReceiver(answers)
  const gateway = await service.start(
    {
      folders: [{ path: name, everyS: 0.05 }],
      destinations: {
        ris: {
          kind: 'hl7',
          host: '127.0.0.1',
          port: ris.port,
          receiver: 'RIS',
          senderFacility: 'A&E',
          image,
        },
      },
    },
    `data-${name}`,
  )
  running.push(gateway, ris)
  const segments = () =>
    [...ris.accepted.values()][0]!
      .split('\r')
      .filter((one) => one !== '')
      .map((one) => one.split('|'))
  return { ris, queue: gateway.queue, segments }
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
    const { ris, queue } = await tell((message, nth) => {
      seen.push(message.split('|')[9]!)
      return nth < 2 ? 'AE' : 'AA'
    })
    await expect.poll(() => queue.state().items, WAIT).toEqual({ done: 1 })
    expect(ris.received).toBe(3)
    expect(new Set(seen).size).toBe(1)
    expect(queue.counts()).toMatchObject({ retried: 2, delivered: 1 })
  })

  it('AR: a dead letter at once, which goes out after resend', async () => {
    const { ris, queue } = await tell((_, nth) => (nth === 0 ? 'AR' : 'AA'))
    await expect
      .poll(() => queue.deadLetters(), WAIT)
      .toMatchObject([
        { destination: 'ris', code: 'hl7-rejected', reason: expect.stringContaining('acknowledged with AR') },
      ])
    expect(ris.received).toBe(1)
    expect(queue.resend(queue.deadLetters()[0]!.name)).toBe(1)
    await expect.poll(() => queue.state().items, WAIT).toEqual({ done: 1 })
  })

  it('of another message does not count; none at all is a failure', async () => {
    const { ris, queue } = await tell((_, nth) => {
      if (nth === 0) return 'nothing'
      return { raw: (id) => [ack('AR', 'another'), ack('AA', id)] }
    })
    await expect.poll(() => queue.state().items, WAIT).toEqual({ done: 1 })
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
    const { ris, queue } = await tell(() => ({ bytes }))
    await expect.poll(() => queue.state().items, WAIT).toEqual({ done: 1 })
    expect(ris.received).toBe(1)
  })

  it('outside of a frame is none, and what does not end is cut off', async () => {
    const { ris, queue } = await tell((_, nth) => {
      if (nth === 0) return { bytes: (id) => `\x0b${'x'.repeat(70_000)}${id}` }
      return 'AA'
    })
    await expect.poll(() => queue.state().items, WAIT).toEqual({ done: 1 })
    expect(ris.received).toBe(2)
  })

  it('that quotes the patient where a code belongs leaves nothing of it behind', async () => {
    const { queue } = await tell(() => ({
      raw: (id) => [`MSH|^~\\&|RIS\rMSA|AR|${id}|DOE^JANE\rERR||PID|DOE JANE^x|E\r`],
    }))
    await expect
      .poll(() => queue.deadLetters(), WAIT)
      .toMatchObject([{ reason: expect.stringMatching(/acknowledged with AR, with a text$/) }])
  })
})
