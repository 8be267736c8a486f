import { readJpegHeader } from '@detl/core/image/jpeg-header'

export type JpegLsHeader = {
  readonly width: number
  readonly height: number
  readonly bits: number
  /** Largest sample value, at most 2^bits − 1. */
  readonly maxval: number
  /** Largest error of a sample: 0 is lossless. */
  readonly near: number
  /** Bounds of the gradients' regions, ascending. */
  readonly thresholds: readonly [number, number, number]
  /** After so many samples a context's sums are halved. */
  readonly reset: number
  /** Where the entropy-coded data begin. */
  readonly scan: number
}

/** The segments before the scan of a stream of one component, checked (ITU-T T.87 annex C). */
export function readJpegLsHeader(bytes: Uint8Array): JpegLsHeader {
  const { process, width, height, bits, components, scan } = readJpegHeader(bytes)
  if (process !== 'jpeg-ls' || components !== 1 || bits < 2 || bits > 16)
    throw new Error('not a grey JPEG-LS')
  let preset: Preset = { maxval: 0, thresholds: [0, 0, 0], reset: 0 }
  let near = 0
  for (let at = 2; at < scan; ) {
    if (bytes[at + 1] === 0xff) {
      at++
      continue
    }
    const marker = bytes[at + 1]!
    const end = at + 2 + word(bytes, at + 2)
    if (marker === 0xf8) preset = readPreset(bytes.subarray(at + 4, end)) ?? preset
    else if (marker === 0xdd && bytes.subarray(at + 4, end).some((byte) => byte !== 0)) {
      throw new Error('restart intervals are not read')
    } else if (marker === 0xda) near = readScan(bytes.subarray(at + 4, end))
    at = end
  }
  const largest = 2 ** bits - 1
  const maxval = preset.maxval || largest
  if (maxval > largest || near > Math.min(255, maxval >> 1))
    throw new Error('the coding parameters are damaged')
  const reset = preset.reset || 64
  if (reset < 3 || reset > Math.max(255, maxval)) throw new Error('the coding parameters are damaged')
  return { width, height, bits, maxval, near, thresholds: thresholdsOf(preset, maxval, near), reset, scan }
}

type Preset = {
  readonly maxval: number
  readonly thresholds: readonly [number, number, number]
  readonly reset: number
}

/** LSE of type 1 (C.2.4.1.1); 0 stands for the default. Mapping tables and larger sizes are refused. */
function readPreset(body: Uint8Array): Preset | undefined {
  if (body[0] !== 1 || body.length < 11) throw new Error('a parameter segment of an unknown kind')
  const thresholds = [word(body, 3), word(body, 5), word(body, 7)] as const
  return { maxval: word(body, 1), thresholds: [...thresholds], reset: word(body, 9) }
}

/** SOS (C.2.3). @returns NEAR */
function readScan(body: Uint8Array): number {
  const [components, , table, near, interleave, transform] = body
  if (body.length !== 6 || components !== 1 || table !== 0 || interleave! > 2 || transform !== 0) {
    throw new Error('a scan header that is not read')
  }
  return near!
}

/** The preset thresholds, or the defaults of C.2.4.1.1.1. */
function thresholdsOf({ thresholds }: Preset, maxval: number, near: number): [number, number, number] {
  const coarse = maxval >= 128
  const factor = coarse ? (Math.min(maxval, 4095) + 128) >> 8 : Math.floor(256 / (maxval + 1))
  const out: [number, number, number] = [0, 0, 0]
  let least = near + 1
  for (const [i, [base, offset]] of (
    [
      [3, 2],
      [7, 3],
      [21, 4],
    ] as const
  ).entries()) {
    const slack = (2 * i + 3) * near
    const usual = coarse
      ? factor * (base - offset) + offset + slack
      : Math.max(offset, Math.floor(base / factor) + slack)
    const chosen = thresholds[i] || (usual > maxval || usual < least ? least : usual)
    if (chosen < least || chosen > maxval) throw new Error('the coding parameters are damaged')
    out[i] = chosen
    least = chosen
  }
  return out
}

const word = (bytes: Uint8Array, at: number) => (bytes[at]! << 8) | bytes[at + 1]!
