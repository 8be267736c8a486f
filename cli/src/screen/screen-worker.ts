/**
 * What a thread of the pool does with one file: read, decode, preprocess, have it scored by the thread that owns the model, and write what is
 * wanted of it. While one file waits for its scores, the thread decodes the next.
 */
import { existsSync } from 'node:fs'
import { type MessagePort, workerData } from 'node:worker_threads'
import type { Screened } from '@detl/core/answers/answer'
import { AppError } from '@detl/core/api/problem'
import type { Language } from '@detl/core/model/classes'
import type { Manifest } from '@detl/core/model/manifest'
import { reasonOf, stopsAll } from '../io-errors.ts'
import { begin } from './begun.ts'
import { FileBuffers } from './file-buffers.ts'
import { type ScoredLine, type ScreenLine, scoredLine } from './line.ts'
import type { Format, Outputs } from './output-folder.ts'
import { readImageFile } from './read-image-file.ts'
import { screenImage } from './screen-image.ts'
import { mustNotExist, writeWhole } from './write-whole.ts'

export type Setup = {
  readonly manifest: Manifest
  readonly force: boolean
  readonly language: Language
  readonly selective: boolean
  /** Where it is said what is about to be written; see `begun.ts`. */
  readonly begun: string | undefined
}
export type Task = {
  readonly file: string
  /** A path, or the bytes themselves. */
  readonly source: string | Uint8Array
  /** See `Input.guessed`. */
  readonly guessed: boolean
  readonly outputs: Outputs
  /** See `Input.keep`. */
  readonly keep: readonly string[]
  /** To the model: takes the tensor, answers with a `Scored`. */
  readonly port: MessagePort
}
export type Result =
  | { readonly line: ScreenLine }
  /** It was no image, and need not have been one. */
  | { readonly passedOver: true }
  /** Nothing more can be written. */
  | { readonly fatal: string }

/** Loaded when they are asked for: a run that draws nothing starts sooner. */
const RENDERERS: Readonly<Record<Format, (screened: Screened) => Promise<Uint8Array>>> = {
  png: async (screened) => (await import('@detl/core/answers/png')).toPng(screened),
  fhir: async (screened) => {
    const { toFhir } = await import('@detl/core/answers/fhir')
    return new TextEncoder().encode(JSON.stringify(await toFhir(screened)))
  },
  sr: async (screened) =>
    (await import('@detl/core/answers/dicom/structured-report')).toStructuredReport(screened),
  sc: async (screened) =>
    (await import('@detl/core/answers/dicom/secondary-capture')).toSecondaryCapture(screened),
  pdf: async (screened) => (await import('@detl/core/answers/pdf/report')).toPdf(screened),
}
const FIELDS = { png: 'overlay', fhir: 'fhir', sr: 'sr', sc: 'sc', pdf: 'pdf' } as const satisfies Record<
  Format,
  keyof ScoredLine
>

const { manifest, force, language, selective, begun } = workerData as Setup
const buffers = new FileBuffers()

export default async function screen({ file, source, guessed, outputs, keep, port }: Task): Promise<Result> {
  let bytes: Uint8Array | undefined
  const giveBack = () => {
    if (bytes) buffers.giveBack(bytes)
    bytes = undefined
  }
  try {
    bytes = typeof source === 'string' ? readImageFile(source, guessed, buffers) : source
    if (bytes === undefined) return { passedOver: true }
    // Known before the work is done; what comes to be there meanwhile is not overwritten either.
    const there = force ? [] : Object.values(outputs).filter((path) => existsSync(path))
    const foreign = there.find((path) => !keep.includes(path))
    if (foreign !== undefined) mustNotExist(foreign)
    // What is drawn is drawn from the bytes; else the next file can be read into their place meanwhile.
    const taken = Object.keys(outputs).length === 0 ? giveBack : undefined
    const screened = await screenImage(bytes, { manifest, language, selective }, port, taken)
    const { intake, scores } = screened
    const line = scoredLine(file, manifest, intake, scores, screened)
    for (const [format, path] of Object.entries(outputs) as [Format, string][]) {
      if (!there.includes(path)) await write(path, await RENDERERS[format](screened))
      line[FIELDS[format]] = path
    }
    return { line }
  } catch (error) {
    if (error instanceof CannotWrite && error.all) return { fatal: error.detail }
    const known = error instanceof AppError ? error : new AppError('internal', String(error))
    return { line: { file, error: { code: known.code, detail: known.detail } } }
  } finally {
    giveBack()
    port.close()
  }
}

class CannotWrite extends AppError {
  readonly all: boolean
  constructor(path: string, cause: unknown) {
    super('internal', `${path} cannot be written: ${reasonOf(cause)}`, { cause })
    this.all = stopsAll(cause)
  }
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  try {
    if (begun !== undefined) begin(begun, path, bytes)
    await writeWhole(path, bytes, force)
  } catch (error) {
    throw error instanceof AppError ? error : new CannotWrite(path, error)
  }
}
