import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Scalars for TensorBoard: an event file in a folder, which TensorBoard shows as one run. Records as TFRecord frames them, each an `Event`
 * protocol buffer (tensorflow/core/util/event.proto) of version `brain.Event:2`.
 * @example new EventFile('runs/a/fold-0').scalars(1, { 'loss/training': 0.7 })
 */
export class EventFile {
  readonly #path: string

  /** Makes the file, beside those of earlier starts: TensorBoard reads them one after the other. */
  constructor(dir: string, now = Date.now()) {
    mkdirSync(dir, { recursive: true })
    this.#path = join(dir, `events.out.tfevents.${String(Math.floor(now / 1000)).padStart(10, '0')}.detl`)
    this.#append([...double(1, now / 1000), ...bytes(3, Buffer.from('brain.Event:2'))])
  }

  /** @param step of all of them, 0 or more @param values by tag; what stands before a slash groups them */
  scalars(step: number, values: Readonly<Record<string, number>>, now = Date.now()): void {
    const summary = Object.entries(values).flatMap(([tag, value]) =>
      bytes(1, Buffer.from([...bytes(1, Buffer.from(tag)), ...float(2, value)])),
    )
    this.#append([...double(1, now / 1000), ...varint(2, step), ...bytes(5, Buffer.from(summary))])
  }

  #append(event: readonly number[]): void {
    appendFileSync(this.#path, record(Buffer.from(event)))
  }
}

/** Length, its checksum, data, its checksum. */
function record(data: Buffer): Buffer {
  const out = Buffer.alloc(12 + data.length + 4)
  out.writeBigUInt64LE(BigInt(data.length), 0)
  out.writeUInt32LE(masked(out.subarray(0, 8)), 8)
  data.copy(out, 12)
  out.writeUInt32LE(masked(data), 12 + data.length)
  return out
}

/** A checksum of data that may themselves hold checksums is turned and shifted (tensorflow/core/lib/hash/crc32c.h). */
function masked(data: Buffer): number {
  const crc = crc32c(data)
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

/** CRC-32C (Castagnoli), reflected: RFC 3720, appendix B.4. */
export function crc32c(data: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of data) crc = (TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8)) >>> 0
  return (crc ^ 0xffffffff) >>> 0
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc
})

// Protocol buffers: field number and wire type, then the value.
const numbers = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) | 128, ...numbers(Math.floor(value / 128))]
const varint = (field: number, value: number): number[] => [field << 3, ...numbers(value)]
const bytes = (field: number, value: Uint8Array): number[] => [
  (field << 3) | 2,
  ...numbers(value.length),
  ...value,
]
function double(field: number, value: number): number[] {
  const out = Buffer.alloc(8)
  out.writeDoubleLE(value)
  return [(field << 3) | 1, ...out]
}
function float(field: number, value: number): number[] {
  const out = Buffer.alloc(4)
  out.writeFloatLE(value)
  return [(field << 3) | 5, ...out]
}
