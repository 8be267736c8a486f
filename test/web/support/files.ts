import { encodePng } from '@detl/core/image/png-encode'
import { phantom } from '@detl/core/phantom/phantom'

const SIDE = 256

const chest = (seed: number) => phantom({ seed, width: SIDE, height: SIDE, lesions: ['consolidation'] }).image

/** A synthetic chest as a 16-bit PNG. */
export const pngFile = (seed: number, name = `chest-${seed}.png`) => png(seed, name, (level) => level << 4)

/** The same, with bone dark. */
export const invertedFile = (seed: number) =>
  png(seed, `inverted-${seed}.png`, (level) => 65535 - (level << 4))

async function png(seed: number, name: string, grey: (level: number) => number) {
  const { width, height, data } = chest(seed)
  const bytes = await encodePng({ width, height, channels: 1, data: data.map(grey) })
  return { name, mimeType: 'image/png', buffer: Buffer.from(bytes) }
}

/** Whom and what a DICOM file is of. */
type Of = { patient?: string; id?: string; study?: string; accession?: string }

/** The same chest as an uncompressed DICOM file: Computed Radiography, 12 bits, MONOCHROME2. */
export function dicomFile(seed: number, name = `chest-${seed}.dcm`, of: Of = {}) {
  const { width, height, data } = chest(seed)
  const meta = [
    element(0x0002, 0x0002, 'UI', text('1.2.840.10008.5.1.4.1.1.1')),
    element(0x0002, 0x0003, 'UI', text(`1.2.3.${seed}`)),
    element(0x0002, 0x0010, 'UI', text('1.2.840.10008.1.2.1')), // Explicit VR Little Endian
  ]
  const dataset = [
    element(0x0008, 0x0016, 'UI', text('1.2.840.10008.5.1.4.1.1.1')),
    element(0x0008, 0x0018, 'UI', text(`1.2.3.${seed}`)),
    ...(of.accession ? [element(0x0008, 0x0050, 'SH', text(of.accession))] : []),
    element(0x0008, 0x0060, 'CS', text('CR')),
    ...(of.patient ? [element(0x0010, 0x0010, 'PN', text(of.patient))] : []),
    ...(of.id ? [element(0x0010, 0x0020, 'LO', text(of.id))] : []),
    ...(of.study ? [element(0x0020, 0x000d, 'UI', text(of.study))] : []),
    element(0x0028, 0x0002, 'US', short(1)),
    element(0x0028, 0x0004, 'CS', text('MONOCHROME2')),
    element(0x0028, 0x0010, 'US', short(height)),
    element(0x0028, 0x0011, 'US', short(width)),
    element(0x0028, 0x0100, 'US', short(16)),
    element(0x0028, 0x0101, 'US', short(12)),
    element(0x0028, 0x0102, 'US', short(11)),
    element(0x0028, 0x0103, 'US', short(0)),
    element(0x7fe0, 0x0010, 'OW', Buffer.from(data.buffer, data.byteOffset, data.byteLength)),
  ]
  const length = Buffer.alloc(4)
  length.writeUInt32LE(Buffer.concat(meta).length)
  const buffer = Buffer.concat([
    Buffer.alloc(128),
    Buffer.from('DICM'),
    element(0x0002, 0x0000, 'UL', length),
    ...meta,
    ...dataset,
  ])
  return { name, mimeType: 'application/dicom', buffer }
}

/** One data element, explicit VR, little endian (PS3.5 section 7.1.2). */
function element(group: number, number: number, vr: string, value: Buffer): Buffer {
  const long = vr === 'OW'
  const head = Buffer.alloc(long ? 12 : 8)
  head.writeUInt16LE(group, 0)
  head.writeUInt16LE(number, 2)
  head.write(vr, 4, 'latin1')
  if (long) head.writeUInt32LE(value.length, 8)
  else head.writeUInt16LE(value.length, 6)
  return Buffer.concat([head, value])
}

const text = (value: string) => Buffer.from(value.length % 2 ? `${value}\0` : value, 'latin1')

function short(value: number): Buffer {
  const buffer = Buffer.alloc(2)
  buffer.writeUInt16LE(value)
  return buffer
}
