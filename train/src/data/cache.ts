import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodePng } from '@detl/core/image/png-encode'
import type { Geometry } from '@detl/core/preprocess/preprocessed'
import type { InputSpec } from '../config.ts'
import { modelInput, TRAINING_GATE } from './model-input.ts'
import { dataDigest, type ImageRecord, type UprightImage } from './record.ts'
import { readRegular } from './regular-file.ts'
import { readJson } from './text-file.ts'

/** Preprocessed images in memory: image i is bytes i·S² … (i+1)·S² of `pixels`. */
export type PixelCache = {
  size: number
  spec: InputSpec
  files: string[]
  /** [N,S,S] */
  pixels: Uint8Array
  image: UprightImage[]
  /** Where each image lies in its tensor, and which part of the upright image that is. */
  geometry: Geometry[]
  /** Of the file, for the metadata audit: its bytes, colour model and size as stored. */
  source: { bytes: number; colour: string; width: number; height: number }[]
}

type Index = Omit<PixelCache, 'pixels' | 'spec'> & { preprocess: InputSpec }

/**
 * Takes in every image once, by the same door as serving (`takeIn`); later runs read one file of N·S² bytes.
 * @param dir created if need be; files are named by specification, gate, what both do to a probe, and data digest: a stale one is never read
 */
export async function loadPixels(
  records: readonly ImageRecord[],
  spec: InputSpec,
  dir: string,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<PixelCache> {
  const specHash = createHash('sha256')
    .update(JSON.stringify([spec, TRAINING_GATE.spec]))
    .update(await probe(spec))
    .digest('hex')
    .slice(0, 8)
  const name = `${spec.name}-${spec.version}-${spec.size}-${specHash}-${dataDigest(records).slice(0, 16)}`
  const indexPath = join(dir, `${name}.json`)
  const pixelPath = join(dir, `${name}.u8`)
  if (existsSync(indexPath) && existsSync(pixelPath)) {
    const { preprocess: _, ...index } = readJson<Index>(indexPath)
    const pixels = new Uint8Array(readFileSync(pixelPath))
    if (pixels.length === index.files.length * spec.size ** 2) return { ...index, spec, pixels }
  }

  const cells = spec.size ** 2
  const pixels = new Uint8Array(records.length * cells)
  const image: UprightImage[] = []
  const geometry: Geometry[] = []
  const source: PixelCache['source'] = []
  for (const [i, record] of records.entries()) {
    const bytes = await readRegular(record.path)
    const input = await modelInput(bytes, spec).catch((cause: unknown) => {
      throw new Error(`${record.file} cannot be decoded`, { cause })
    })
    pixels.set(input.tensor, i * cells)
    image.push(input.image)
    geometry.push(input.geometry)
    const { colour, width, height } = input.source
    source.push({ bytes: bytes.length, colour, width, height })
    onProgress(i + 1, records.length)
  }
  const files = records.map((r) => r.file)
  mkdirSync(dir, { recursive: true })
  const index: Index = { size: spec.size, preprocess: spec, files, image, geometry, source }
  writeFileSync(`${pixelPath}.part`, pixels)
  writeFileSync(`${indexPath}.part`, JSON.stringify(index))
  renameSync(`${pixelPath}.part`, pixelPath)
  renameSync(`${indexPath}.part`, indexPath) // last: an index is there only when its pixels are
  return { size: spec.size, spec, files, pixels, image, geometry, source }
}

/** What the door makes of a picture with a dark frame, a bright mark and a gradient: a change of its code shows here. */
async function probe(spec: InputSpec): Promise<Uint8Array> {
  const [width, height] = [331, 277]
  const data = new Uint8Array(width * height)
  for (let y = 12; y < height - 9; y++) {
    for (let x = 17; x < width - 5; x++) data[y * width + x] = 20 + ((x * 3 + y * 5 + ((x * y) % 97)) % 200)
  }
  for (let y = 20; y < 40; y++) data.fill(255, y * width + 30, y * width + 60)
  const png = await encodePng({ width, height, channels: 1, data })
  return (await modelInput(png, spec)).tensor
}
