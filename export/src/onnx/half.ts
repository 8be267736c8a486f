/** IEEE 754 binary16 (half precision) ↔ binary32. Node 22 has no Float16Array yet. */
const f32 = new Float32Array(1)
const u32 = new Uint32Array(f32.buffer)

/** Bits of the nearest half, ties to even; beyond 65504 infinity. */
export function toHalf(value: number): number {
  f32[0] = value
  const bits = u32[0]!
  const sign = (bits >>> 16) & 0x8000
  const exponent = (bits >>> 23) & 0xff
  const mantissa = bits & 0x7fffff
  if (exponent === 0xff) return sign | 0x7c00 | (mantissa ? 0x200 : 0)
  const e = exponent - 127 + 15
  if (e >= 31) return sign | 0x7c00
  if (e <= 0) {
    if (e < -10) return sign
    const full = mantissa | 0x800000
    const shift = 14 - e
    return sign | roundEven(full, shift)
  }
  // A carry out of the mantissa rightly raises the exponent, up to infinity.
  return sign | ((e << 10) + roundEven(mantissa, 13))
}

const roundEven = (value: number, shift: number): number => {
  const kept = value >>> shift
  const rest = value & ((1 << shift) - 1)
  const half = 1 << (shift - 1)
  return rest > half || (rest === half && (kept & 1) === 1) ? kept + 1 : kept
}

export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >>> 10) & 0x1f
  const mantissa = bits & 0x3ff
  if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY
  if (exponent === 0) return sign * mantissa * 2 ** -24
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15)
}

let table: Float32Array | undefined
/** The number of each half. There are 65,536: looking one up takes a twentieth of the time of making it. */
const numbers = (): Float32Array => (table ??= Float32Array.from({ length: 65536 }, (_, i) => fromHalf(i)))

/** Plain loops, here and below: a call for each of a hundred million weights takes minutes. */
export function fromHalves(bits: Uint16Array): Float32Array {
  const of = numbers()
  const out = new Float32Array(bits.length)
  for (let i = 0; i < bits.length; i++) out[i] = of[bits[i]!]!
  return out
}

/** Numbers rounded to the nearest halves. */
export function roundedToHalves(values: Float32Array): Float32Array {
  const of = numbers()
  const out = new Float32Array(values.length)
  for (let i = 0; i < values.length; i++) out[i] = of[toHalf(values[i]!)]!
  return out
}

/** Numbers as halves, if all of them are exact in it. */
export function exactHalves(values: Float32Array): Uint16Array | undefined {
  const of = numbers()
  const out = new Uint16Array(values.length)
  for (let i = 0; i < values.length; i++) {
    const bits = toHalf(values[i]!)
    if (of[bits] !== values[i]) return undefined
    out[i] = bits
  }
  return out
}
