import type { ComparisonFormat } from '@detl/core/answers/comparison/files'
import type { Account, KeyInfo, UsageRow } from '@detl/core/api/account'
import type { BatchInfo } from '@detl/core/api/batch'
import type { Comparison } from '@detl/core/api/comparison'
import type { ComputedOn } from '@detl/core/api/computed-on'
import type { Decision } from '@detl/core/api/decision'
import type { ProblemCode } from '@detl/core/api/problem'
import type { ActivationMap, CamGrid } from '@detl/core/cam/resize-map'
import type { ImageFormat } from '@detl/core/image/image-source'
import type { ZoneOutlines } from '@detl/core/lungs/outlines'
import type { Severity } from '@detl/core/lungs/severity'
import type { ClassInfo, Language } from '@detl/core/model/classes'
import type { Manifest } from '@detl/core/model/manifest'
import type { Precision } from '@detl/core/model/precision'
import type { Geometry } from '@detl/core/preprocess/preprocessed'
import type { WorkingImage } from '@detl/core/preprocess/working-image'

/** What goes wrong in the page itself, beside the endpoint's problems. */
export type LocalProblem = 'offline' | 'answer-not-understood' | 'no-key' | 'device-failed' | 'model-damaged'

/** An image as the viewer shows it. */
export type Picture = {
  readonly format: ImageFormat
  /** Of the file, in pixels. */
  readonly width: number
  readonly height: number
  readonly bits: number
  /** Reduced to at most 2048 px a side, on the 16-bit scale. */
  readonly raster: WorkingImage
  /** The grey levels that the model's preprocessing maps to black and white, on the 16-bit scale. */
  readonly window: { readonly low: number; readonly high: number }
  /** Of a DICOM file. */
  readonly examination?: Examination
}

/** Reports beside the scores: FHIR R4, DICOM Structured Report, DICOM Secondary Capture. */
export type ReportKind = 'fhir' | 'sr' | 'sc' | 'pdf'

/** Which screening a report is of, when it was made (ms), and the language of what people read in it. */
export type About = { readonly id: string; readonly at: number; readonly language: Language }

/** Whom and what an image is of, as its DICOM header says it. */
export type Examination = {
  readonly patientName: string | undefined
  readonly patientId: string | undefined
  readonly studyStarted: string | undefined
  readonly studyUid: string | undefined
  readonly accession: string | undefined
}

export type HeatMap = ActivationMap & {
  /** Raw maximum, in logit units: comparable between the classes of one image. */
  readonly max: number
}

/** The scores of one image, whoever computed them. */
export type Result = {
  readonly id: string
  readonly model: { readonly name: string; readonly version: string; readonly preprocess: string }
  /** What the model tells apart, in its order. */
  readonly classes: readonly ClassInfo[]
  readonly probabilities: Readonly<Record<string, number>>
  readonly label: string
  /** Values 0–1 of each map's own maximum. */
  readonly maps: Readonly<Record<string, HeatMap>>
  readonly geometry: Geometry
  readonly grid: CamGrid
  readonly image: { readonly format: string; readonly width: number; readonly height: number }
  /** The scores against thresholds. */
  readonly decision: Decision
  /** How much of the lungs is opaque; absent where the model outlines no lungs. */
  readonly severity?: Severity
  /** The zones that it is of, in pixels of the image; absent where lungs were not found. */
  readonly outlines?: ZoneOutlines
  readonly warnings: readonly { readonly code: string; readonly detail: string }[]
  readonly servedBy: 'gpu' | 'edge' | 'device'
  /** What the server computed on, where it says. */
  readonly computedOn?: ComputedOn
  /** How this device ran the model, where it did. */
  readonly device?: {
    readonly provider: 'webgpu' | 'wasm'
    readonly threads: number
    readonly precision: Precision
  }
}

/** How a model's images are prepared and what it refuses. */
export type ModelSpecs = Pick<Manifest, 'preprocess' | 'gate'>

/** What the page needs of the model that scores. */
export type ModelInfo = Pick<Manifest, 'name' | 'version' | 'preprocess' | 'gate'>

export type Problem = {
  readonly code: ProblemCode | LocalProblem
  readonly detail: string
  /** The endpoint's own title, for a code that this page does not know. */
  readonly title?: string
  readonly requestId?: string
}

/** A body with the headers that go with it. */
export type TensorUpload = {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array<ArrayBuffer>
}

/** What crosses from the worker: an error's class would be lost on the way. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: Problem }

/** What the page asks of its service worker: the runtime of scoring on the device, to be kept. Answered with '' or what went wrong. */
export type KeepRuntime = { readonly runtime: 'webgpu' | 'wasm' }

/** A problem as an exception of the page. */
export class PageError extends Error {
  override readonly name = 'PageError'
  readonly problem: Problem

  constructor(problem: Problem, options?: { cause?: unknown }) {
    super(`${problem.code}: ${problem.detail}`, options)
    this.problem = problem
  }
}

type Asked<A extends unknown[], T> = (...args: A) => Promise<Outcome<T>>

/** What runs beside the page's thread: everything that touches all pixels of an image. `engine.worker.ts` is it. */
export type Engine = {
  /** Decodes a file and measures its window as the model's preprocessing does; without a model, as the shipped ones do. */
  readonly open: Asked<[bytes: ArrayBuffer, model: ModelSpecs | undefined], Picture>
  /** A synthetic chest with a consolidation, as a 16-bit PNG. */
  readonly sample: Asked<[], Uint8Array<ArrayBuffer>>
  /** UINT8 [1,1,S,S], as the edge makes it of the same bytes. */
  readonly prepare: Asked<[bytes: ArrayBuffer, model: ModelSpecs], Uint8Array>
  /** What is sent to the endpoint in place of the image: its tensor. @throws what the gate refuses */
  readonly upload: Asked<[bytes: ArrayBuffer, model: ModelSpecs], TensorUpload>
  /** Fetches the model and makes it ready; `progress` gets the share that has arrived. */
  readonly load: Asked<[manifestSha256: string, progress: (share: number) => void], ModelInfo>
  /** Fetches the model, for later. */
  readonly keep: Asked<[manifestSha256: string], 'webgpu' | 'wasm'>
  /** Scores an image here, after `load`. */
  readonly score: Asked<[bytes: ArrayBuffer], Result>
  /** A report of an image that was scored here, after `load`. */
  readonly report: Asked<[bytes: ArrayBuffer, kind: ReportKind, about: About], Uint8Array<ArrayBuffer>>

  /** Compares films of one patient here, after `load`. */
  readonly compare: Asked<[files: ArrayBuffer[], about: About, allowDifferent: boolean], Comparison>
  /** The same comparison as a file. */
  readonly compareAs: Asked<
    [format: ComparisonFormat, files: ArrayBuffer[], about: About, allowDifferent: boolean],
    Uint8Array<ArrayBuffer>
  >

  /** GET /v1/model or manifest.json → what the page needs of it. */
  readonly readModel: Asked<[json: unknown], ModelInfo>
  /** GET /v1/account, /v1/usage, /v1/keys; POST /v1/keys */
  readonly readAccount: Asked<[json: unknown], Account>
  readonly readUsage: Asked<[json: unknown], UsageRow[]>
  readonly readKeys: Asked<[json: unknown], KeyInfo[]>
  readonly readBatches: Asked<[json: unknown], BatchInfo[]>
  readonly readCreatedKey: Asked<[json: unknown], string>
  /** POST /v1/comparisons' JSON */
  readonly readComparison: Asked<[json: unknown], Comparison>
  /** POST /v1/screenings' JSON → a result. */
  readonly readAnswer: Asked<[json: unknown], Result>
}
