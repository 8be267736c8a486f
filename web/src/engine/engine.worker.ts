import { codecs } from '@detl/codecs/modules'
import type { ComparisonFormat } from '@detl/core/answers/comparison/files'
import type { OfImage } from '@detl/core/answers/dicom/source-header'
import { AppError, problemOf } from '@detl/core/api/problem'
import { DEFAULT_GATE } from '@detl/core/gate/chest-model'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { encodePng } from '@detl/core/image/png-encode'
import { takeIn } from '@detl/core/intake/intake'
import { phantom } from '@detl/core/phantom/phantom'
import { expose, transfer } from 'comlink'
import {
  type About,
  type Engine,
  type Examination,
  type ModelSpecs,
  type Outcome,
  PageError,
  type Picture,
  type ReportKind,
} from './types.ts'

/** Longest side that the viewer holds: 2048 × 2048 × 2 bytes = 8 MB a picture. */
const VIEW_SIDE = 2048
const options = { limits: DEFAULT_LIMITS, codecs }

/** What runs beside the page's thread: everything that touches all pixels of an image. */
const engine: Engine = {
  /** Decodes a file, upright as it is scored, and measures its window as the model's preprocessing does. */
  open: guarded(async (bytes: ArrayBuffer, model: ModelSpecs | undefined) => {
    // What the gate refuses is shown too; the scoring says why it is refused.
    const { preprocess, gate } = model ?? (await withoutModel())
    const file = new Uint8Array(bytes)
    const intake = await takeIn(file, preprocess, { mode: 'report', spec: gate }, options)
    const { image: raster, seen } = await intake.view(VIEW_SIDE)
    const examination = await examinationOf({ bytes: file, intake })
    const { image, source } = intake
    const picture: Picture = {
      format: source.format,
      ...image,
      raster,
      window: seen.window,
      ...(examination && { examination }),
    }
    return transfer(picture, [raster.data.buffer])
  }),

  /** A synthetic chest with a consolidation, as a 16-bit PNG. */
  sample: guarded(async () => {
    const { image } = phantom({ seed: 7, width: 1024, height: 1024, lesions: ['consolidation'] })
    const { width, height, data } = image
    const png = await encodePng({ width, height, channels: 1, data: data.map((level) => level << 4) }) // 12 → 16 bits
    return transfer(png, [png.buffer])
  }),

  /** UINT8 [1,1,S,S], as the edge makes it of the same bytes. */
  prepare: guarded(async (bytes: ArrayBuffer, { preprocess, gate }: ModelSpecs) => {
    const file = new Uint8Array(bytes)
    return (await takeIn(file, preprocess, { mode: 'refuse', spec: gate }, options)).preprocessed.tensor
  }),

  /** The file's tensor, ready to be sent in place of the image. */
  upload: guarded(async (bytes: ArrayBuffer, { preprocess, gate }: ModelSpecs) => {
    const file = new Uint8Array(bytes)
    const taken = await takeIn(file, preprocess, { mode: 'refuse', spec: gate }, options)
    const { encodeTensorUpload } = await import('@detl/core/wire/tensor-upload')
    return encodeTensorUpload(taken, preprocess)
  }),

  /** Fetches the model and makes it ready; `progress` gets the share that has arrived. */
  load: guarded(async (manifestSha256: string, progress: (share: number) => void) =>
    (await import('./on-device.ts')).load(manifestSha256, progress),
  ),
  /** Fetches the model, for later. */
  keep: guarded(async (manifestSha256: string) => (await import('./on-device.ts')).keep(manifestSha256)),
  /** Scores an image here, after `load`. */
  score: guarded(async (bytes: ArrayBuffer) => (await import('./on-device.ts')).score(new Uint8Array(bytes))),

  /** A report of an image that was scored here, after `load`. */
  report: guarded(async (bytes: ArrayBuffer, kind: ReportKind, about: About) => {
    const made = await (await import('./on-device.ts')).report(new Uint8Array(bytes), kind, about)
    return transfer(made, [made.buffer])
  }),

  /** Compares films of one patient here, after `load`. */
  compare: guarded(async (files: ArrayBuffer[], about: About, allowDifferent: boolean) =>
    (await import('./compare-here.ts')).compareHere(asBytes(files), about, allowDifferent),
  ),
  /** The same comparison as a file. */
  compareAs: guarded(
    async (format: ComparisonFormat, files: ArrayBuffer[], about: About, allowDifferent: boolean) => {
      const { compareHereAs } = await import('./compare-here.ts')
      const made = await compareHereAs(format, asBytes(files), about, allowDifferent)
      return transfer(made, [made.buffer])
    },
  ),

  /** GET /v1/model or manifest.json → what the page needs of it. */
  readModel: guarded(async (json: unknown) => (await import('./read-json.ts')).readModel(json)),
  /** GET /v1/account, /v1/usage, /v1/keys; POST /v1/keys */
  readAccount: guarded(async (json: unknown) => (await import('./read-json.ts')).readAccount(json)),
  readUsage: guarded(async (json: unknown) => (await import('./read-json.ts')).readUsage(json)),
  readKeys: guarded(async (json: unknown) => (await import('./read-json.ts')).readKeys(json)),
  /** GET /v1/batches */
  readBatches: guarded(async (json: unknown) => (await import('./read-json.ts')).readBatches(json)),
  readCreatedKey: guarded(async (json: unknown) => (await import('./read-json.ts')).readCreatedKey(json)),

  /** POST /v1/comparisons' JSON */
  readComparison: guarded(async (json: unknown) => (await import('./read-json.ts')).readComparison(json)),
  /** POST /v1/screenings' JSON → a result. */
  readAnswer: guarded(async (json: unknown) => (await import('./read-json.ts')).readAnswer(json)),
}

expose(engine)

const asBytes = (files: readonly ArrayBuffer[]) => files.map((bytes) => new Uint8Array(bytes))

/** Read by a module of its own, which other images do not need. */
async function examinationOf(image: OfImage): Promise<Examination | undefined> {
  if (image.intake.source.format !== 'dicom') return undefined
  const header = await (await import('@detl/core/answers/dicom/source-header')).headerOf(image)
  if (!header) return undefined
  const { patientName, patientId, studyStarted, studyUid, accession } = header
  return { patientName, patientId, studyStarted, studyUid, accession }
}

/** To look at an image before the endpoint has told of its model, or where there is none. */
const withoutModel = async (): Promise<ModelSpecs> => ({
  preprocess: (await import('@detl/core/preprocess/spec')).cxrGrey(128),
  gate: DEFAULT_GATE,
})

function guarded<A extends unknown[], T>(task: (...args: A) => Promise<T>) {
  return async (...args: A): Promise<Outcome<T>> => {
    try {
      return { ok: true, value: await task(...args) }
    } catch (error) {
      if (error instanceof PageError) return { ok: false, problem: error.problem }
      if (error instanceof AppError) {
        const { title } = problemOf(error.code)
        return { ok: false, problem: { code: error.code, detail: error.detail, title } }
      }
      console.error(error)
      return { ok: false, problem: { code: 'device-failed', detail: String(error) } }
    }
  }
}
