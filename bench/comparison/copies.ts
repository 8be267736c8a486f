import type { Rng } from '@detl/train/rng'
import sharp, { type Sharp } from 'sharp'

/** What is done to a film; each changes nothing of the patient. */
export const COPIES = ['mirrored', 'cropped', 're-exposed', 'rotated', 'recompressed', 'several'] as const
export type CopyKind = (typeof COPIES)[number]

/** Of a side, how much is cut off at most. */
const CROP = 0.06
/** Degrees, either way. */
const ROTATION = 5
/** Of the exponent that grey levels are raised to, as a factor either way. */
const GAMMA = 1.5
/** JPEG quality. */
const QUALITY = [25, 70] as const

const between = (rng: Rng, low: number, high: number): number => low + (high - low) * rng()

/** A copy of a film that shows the same patient at the same moment. @returns the bytes of a PNG or JPEG file */
export async function copyOf(film: Uint8Array, kind: CopyKind, rng: Rng): Promise<Uint8Array> {
  let image = await grey(film)
  if (kind === 'mirrored') image = image.flop()
  if (kind === 'cropped' || kind === 'several') image = await cropped(image, rng)
  if (kind === 'rotated' || kind === 'several') {
    const angle = between(rng, -ROTATION, ROTATION)
    image = await settled(image.rotate(angle, { background: '#000' }))
  }
  if (kind === 're-exposed' || kind === 'several') image = await exposed(image, rng)
  if (kind === 'recompressed' || kind === 'several') {
    const { width } = await image.metadata()
    const narrower = Math.max(150, Math.round(width! * between(rng, 0.6, 1)))
    const quality = Math.round(between(rng, ...QUALITY))
    return new Uint8Array(await image.resize({ width: narrower }).jpeg({ quality }).toBuffer())
  }
  return new Uint8Array(await image.png().toBuffer())
}

const grey = async (film: Uint8Array) => settled(sharp(film).toColourspace('b-w'))

/** The pixels as they are now: what follows starts from them. */
async function settled(image: Sharp): Promise<Sharp> {
  const { data, info } = await image.toColourspace('b-w').raw().toBuffer({ resolveWithObject: true })
  return sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } })
}

async function cropped(image: Sharp, rng: Rng): Promise<Sharp> {
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true })
  const cut = (length: number) => Math.floor(between(rng, 0, CROP) * length)
  const [left, top, right, bottom] = [cut(info.width), cut(info.height), cut(info.width), cut(info.height)]
  const raw = { width: info.width, height: info.height, channels: info.channels }
  return settled(
    sharp(data, { raw }).extract({
      left,
      top,
      width: info.width - left - right,
      height: info.height - top - bottom,
    }),
  )
}

/** Grey levels through a power and a straight line, as another exposure and another window would have them. */
async function exposed(image: Sharp, rng: Rng): Promise<Sharp> {
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true })
  const gamma = GAMMA ** between(rng, -1, 1)
  const [low, high] = [between(rng, 0, 30), between(rng, 225, 255)]
  const levels = Uint8Array.from({ length: 256 }, (_, v) =>
    Math.round(low + (high - low) * (v / 255) ** gamma),
  )
  const raw = { width: info.width, height: info.height, channels: info.channels }
  return sharp(
    data.map((v: number) => levels[v]!),
    { raw },
  )
}
