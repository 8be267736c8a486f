import { codecs } from '@detl/codecs/modules'
import type { Screened } from '@detl/core/answers/answer'
import { toEncapsulatedPdf } from '@detl/core/answers/dicom/encapsulated-pdf'
import { toSecondaryCapture } from '@detl/core/answers/dicom/secondary-capture'
import { toStructuredReport } from '@detl/core/answers/dicom/structured-report'
import { toFhir } from '@detl/core/answers/fhir'
import { lungFindings } from '@detl/core/answers/lung-findings'
import { decide } from '@detl/core/api/decision'
import { DEFAULT_SETTINGS } from '@detl/core/api/default-settings'
import { modelWarnings, qualityWarnings } from '@detl/core/api/quality'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { takeIn } from '@detl/core/intake/intake'
import { classesOf } from '@detl/core/model/classes'
import type { Manifest } from '@detl/core/model/manifest'
import { outputsOf, readScores } from '@detl/core/model/outputs'
import type { Precision } from '@detl/core/model/precision'
import { preprocessId } from '@detl/core/preprocess/spec'
import { loadModel } from './model-store.ts'
import { type Provider, providerHere, type Runtime, startRuntime } from './runtime.ts'
import type { About, HeatMap, ModelInfo, ReportKind, Result } from './types.ts'

type Loaded = { readonly manifest: Manifest; readonly precision: Precision; readonly runtime: Runtime }
let loaded: Promise<Loaded> | undefined
let kept: Promise<unknown> | undefined

/** Loads model and runtime, once; a failure may be tried again. @throws PageError model-damaged, offline */
export async function load(manifestSha256: string, progress: (share: number) => void): Promise<ModelInfo> {
  loaded ??= start(manifestSha256, progress)
  try {
    return (await loaded).manifest
  } catch (error) {
    loaded = undefined
    throw error
  }
}

/** Fetches the model into this browser's cache. @returns which runtime it will be run by, if any @throws PageError as `load` */
export async function keep(manifestSha256: string): Promise<Provider> {
  const provider = await providerHere()
  kept ??= loaded ?? loadModel(manifestSha256, provider, () => undefined).then(() => undefined)
  try {
    await kept
  } catch (error) {
    kept = undefined
    throw error
  }
  return provider
}

async function start(manifestSha256: string, progress: (share: number) => void): Promise<Loaded> {
  // Should it be on its way already, it is waited for: it is there then.
  await kept?.catch(() => undefined)
  const provider = await providerHere()
  const { manifest, file, bytes } = await loadModel(manifestSha256, provider, progress)
  return { manifest, precision: file.precision, runtime: await startRuntime(bytes, provider) }
}

/** Decode, preprocess, infer: the steps of the edge and of the GPU function, in this thread. */
export async function screen(bytes: Uint8Array) {
  if (!loaded) throw new Error('screened before load')
  const { manifest, precision, runtime } = await loaded
  const gate = { mode: 'refuse', spec: manifest.gate } as const
  const options = { limits: DEFAULT_LIMITS, codecs }
  const intake = await takeIn(bytes, manifest.preprocess, gate, options)
  const { tensor } = intake.preprocessed
  const outputs = await runtime.run(tensor, manifest.preprocess.size, outputsOf(manifest))
  return { manifest, precision, runtime, intake, scores: readScores(manifest, outputs) }
}

/** The scores of an image, here. */
export async function score(bytes: Uint8Array): Promise<Result> {
  const { manifest, precision, runtime, intake, scores } = await screen(bytes)
  const { image, source, quality, preprocessed } = intake
  const { geometry } = preprocessed
  const { probabilities, label, maps } = scores
  const { name, version, cam } = manifest
  const lungs = lungFindings(manifest, scores, geometry)
  const outlines = lungs?.outlines()
  return {
    id: crypto.randomUUID(),
    model: { name, version, preprocess: preprocessId(manifest.preprocess) },
    classes: classesOf(manifest),
    probabilities,
    label,
    maps: Object.fromEntries(manifest.labels.map((one) => [one, scaled(maps[one]!)])),
    geometry,
    grid: { stride: cam.stride, offset: cam.offset },
    image: { format: source.format, width: image.width, height: image.height },
    warnings: [...qualityWarnings(quality), ...modelWarnings(scores, lungs?.severity)],
    decision: decide(manifest, DEFAULT_SETTINGS, scores),
    ...(lungs && { severity: lungs.severity }),
    ...(outlines && { outlines }),
    servedBy: 'device',
    device: { provider: runtime.provider, threads: runtime.threads, precision },
  }
}

const REPORTS = {
  fhir: toFhir,
  sr: toStructuredReport,
  sc: toSecondaryCapture,
  pdf: toEncapsulatedPdf,
} as const

/** A report of an image that is scored here, made by the code that makes the endpoint's; the image is scored once more for it. */
export async function report(
  bytes: Uint8Array,
  kind: ReportKind,
  about: About,
): Promise<Uint8Array<ArrayBuffer>> {
  const { manifest, intake, scores } = await screen(bytes)
  const screened: Screened = {
    ...about,
    manifest,
    bytes,
    intake,
    scores,
    settings: DEFAULT_SETTINGS,
    references: {},
  }
  const made = await REPORTS[kind](screened)
  return made instanceof Uint8Array ? made : new TextEncoder().encode(JSON.stringify(made))
}

function scaled({
  width,
  height,
  data,
}: {
  width: number
  height: number
  data: ArrayLike<number>
}): HeatMap {
  const raw = Float32Array.from(data)
  const max = raw.reduce((most, value) => Math.max(most, value), 0)
  return { width, height, max, data: max > 0 ? raw.map((value) => value / max) : raw }
}
