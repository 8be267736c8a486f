import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32c, EventFile } from '@detl/train/event-file'
import { afterAll, describe, expect, it } from 'vitest'

const dir = mkdtempSync(join(tmpdir(), 'detl-events-'))
afterAll(() => rmSync(dir, { recursive: true }))

/** A Python with PyPI's `tensorboard`: DETL_TENSORBOARD_PYTHON, or the system's. */
const python = process.env.DETL_TENSORBOARD_PYTHON ?? 'python3'
const hasTensorboard =
  spawnSync(python, ['-c', 'from tensorboard.backend.event_processing import event_accumulator']).status === 0

describe('crc32c', () => {
  // RFC 3720, appendix B.4.
  it.each([
    ['32 bytes of zeros', new Uint8Array(32), 0x8a9136aa],
    ['32 bytes of ones', new Uint8Array(32).fill(255), 0x62a8ab43],
    ['32 bytes, ascending', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
  ])('of %s', (_, data, expected) => expect(crc32c(data)).toBe(expected))
})

describe('an event file', () => {
  const events = new EventFile(dir, 1_800_000_000_000)
  events.scalars(1, { 'loss/training': 0.75, 'learning rate': 1e-4 }, 1_800_000_001_500)
  events.scalars(300, { 'loss/training': 0.5 }, 1_800_000_002_000)

  it('is a chain of records whose lengths and checksums fit', () => {
    const [name] = readdirSync(dir)
    expect(name).toBe('events.out.tfevents.1800000000.detl')
    const bytes = readFileSync(join(dir, name!))
    const unmask = (crc: number) => {
      const turned = (crc - 0xa282ead8) >>> 0
      return ((turned >>> 17) | (turned << 15)) >>> 0
    }
    const records: Buffer[] = []
    for (let at = 0; at < bytes.length; ) {
      const length = Number(bytes.readBigUInt64LE(at))
      expect(unmask(bytes.readUInt32LE(at + 8))).toBe(crc32c(bytes.subarray(at, at + 8)))
      const data = bytes.subarray(at + 12, at + 12 + length)
      expect(unmask(bytes.readUInt32LE(at + 12 + length))).toBe(crc32c(data))
      records.push(data)
      at += 12 + length + 4
    }
    expect(records).toHaveLength(3)
    expect(records[0]!.includes('brain.Event:2')).toBe(true)
    // step = 300, a varint of two bytes
    expect(records[2]!.includes(Buffer.from([0x10, 0xac, 0x02]))).toBe(true)
  })

  it.skipIf(!hasTensorboard)('is read by TensorBoard (needs PyPI’s tensorboard)', () => {
    const program = `
import sys, json
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
acc = EventAccumulator(sys.argv[1]); acc.Reload()
print(json.dumps({tag: [[e.wall_time, e.step, round(e.value, 6)] for e in acc.Scalars(tag)] for tag in acc.Tags()['scalars']}))`
    const { stdout, stderr } = spawnSync(python, ['-c', program, dir], { encoding: 'utf8' })
    expect(JSON.parse(stdout || stderr)).toEqual({
      'loss/training': [
        [1_800_000_001.5, 1, 0.75],
        [1_800_000_002, 300, 0.5],
      ],
      'learning rate': [[1_800_000_001.5, 1, 0.0001]],
    })
  })
})
