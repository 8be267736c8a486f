/**
 * One answer of PNG, Secondary Capture and FHIR, from the file of a full-size radiograph (2500 × 3000) to its bytes, without the network: CPU
 * time, against the same with each part drawn for itself, as it was before: three decodings and two PNGs beside the scoring. Variants alternate;
 * medians of the ratios of neighbouring runs.
 */
import { codecs } from '@detl/codecs/modules'
import type { Screened } from '@detl/core/answers/answer'
import { toSecondaryCapture } from '@detl/core/answers/dicom/secondary-capture'
import { toFhir } from '@detl/core/answers/fhir'
import { toPng } from '@detl/core/answers/png'
import { DEFAULT_SETTINGS } from '@detl/core/api/default-settings'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { takeIn } from '@detl/core/intake/intake'
import { readScores } from '@detl/core/model/outputs'
import { phantom } from '@detl/core/phantom/phantom'
import sharp from 'sharp'
import { chestElements, littleEndian, writeDicom } from '../test/support/dicom-writer.ts'
import { testManifest } from '../test/support/manifest.ts'
import type { Figure } from './run.ts'

const RUNS = 7
const SIZE = { width: 2500, height: 3000 }
const manifest = testManifest()
const { height, width } = manifest.cam
const cam = Float32Array.from({ length: 4 * height * width }, (_, i) => (i % 17) / 17)
const scores = readScores(manifest, { probabilities: Float32Array.of(0.1, 0.2, 0.6, 0.1), cam })

async function screened(bytes: Uint8Array): Promise<Screened> {
  const gate = { mode: 'refuse', spec: manifest.gate } as const
  const intake = await takeIn(bytes, manifest.preprocess, gate, { limits: DEFAULT_LIMITS, codecs })
  const id = '00000000-0000-4000-8000-000000000000'
  return {
    id,
    at: 0,
    manifest,
    bytes,
    intake,
    scores,
    settings: DEFAULT_SETTINGS,
    language: 'en',
    references: {},
  }
}

const PARTS = [toPng, toSecondaryCapture, toFhir]

async function together(bytes: Uint8Array): Promise<void> {
  const one = await screened(bytes)
  for (const part of PARTS) await part(one)
}

/** What is drawn is remembered with the screening: a copy of it begins anew. */
async function eachForItself(bytes: Uint8Array): Promise<void> {
  const one = await screened(bytes)
  for (const part of PARTS) await part({ ...one })
}

export default async function answers(): Promise<Record<string, Figure>> {
  const { image } = phantom({ seed: 1, ...SIZE, lesions: ['consolidation'] })
  const byte = Uint8Array.from(image.data, (value) => value >> 4)
  const raw = { raw: { ...SIZE, channels: 1 as const } }
  const jpeg = await sharp(byte, raw).toColourspace('b-w').jpeg({ quality: 90 }).toBuffer()
  const elements = chestElements(SIZE, { allocated: 16, stored: 12 })
  const dicom = writeDicom('1.2.840.10008.1.2.1', elements, littleEndian(image.data))
  const against = 'the same answer with each part decoded and drawn for itself'
  return {
    'answers.multipart_jpeg': await ratio(new Uint8Array(jpeg), `${against}, of a JPEG`),
    'answers.multipart_dicom': await ratio(dicom, `${against}, of an uncompressed DICOM object`),
  }
}

async function ratio(file: Uint8Array, against: string): Promise<Figure> {
  const cpu = async (build: (bytes: Uint8Array) => Promise<void>) => {
    const start = process.cpuUsage()
    await build(file)
    const { user, system } = process.cpuUsage(start)
    return user + system
  }
  // The first calls compile, and are not counted.
  await cpu(together)
  await cpu(eachForItself)
  const ratios: number[] = []
  for (let i = 0; i < RUNS; i++) {
    const first = i % 2 === 0 ? await cpu(together) : undefined
    const old = await cpu(eachForItself)
    ratios.push((first ?? (await cpu(together))) / old)
  }
  ratios.sort((a, b) => a - b)
  const at = (share: number) => ratios[Math.round(share * (RUNS - 1))]!
  return { value: at(0.5), unit: 'ratio', runs: RUNS, spread: at(0.75) - at(0.25), against }
}
