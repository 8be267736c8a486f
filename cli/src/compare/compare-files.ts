import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { codecs } from '@detl/codecs/modules'
import type { Screened } from '@detl/core/answers/answer'
import {
  type Compared,
  compareAll,
  type FilmToCompare,
  screenedFilm,
} from '@detl/core/answers/comparison/compared'
import { comparisonFhir } from '@detl/core/answers/comparison/fhir'
import { comparisonPng } from '@detl/core/answers/comparison/picture'
import { comparisonReport } from '@detl/core/answers/comparison/structured-report'
import { DEFAULT_SETTINGS } from '@detl/core/api/account'
import { AppError } from '@detl/core/api/problem'
import { MOST_FILMS } from '@detl/core/comparison/request'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { takeIn } from '@detl/core/intake/intake'
import type { Language } from '@detl/core/model/classes'
import { readScores } from '@detl/core/model/outputs'
import type { Provider } from '@detl/gpu-function/session-messages'
import { makeFolder } from '../screen/output-folder.ts'
import { readImageFile } from '../screen/read-image-file.ts'
import { openScorer, type Scored, type Scorer } from '../screen/scorer.ts'
import { mustNotExist, writeWhole } from '../screen/write-whole.ts'

/** What `--out` can hold of a comparison. */
export const COMPARISON_FILES = {
  png: 'comparison.png',
  fhir: 'comparison.fhir.json',
  sr: 'comparison.sr.dcm',
} as const
export type ComparisonFormat = keyof typeof COMPARISON_FILES

const RENDERERS: Readonly<Record<ComparisonFormat, (compared: Compared) => Promise<Uint8Array>>> = {
  png: comparisonPng,
  fhir: async (compared) => new TextEncoder().encode(JSON.stringify(await comparisonFhir(compared))),
  sr: comparisonReport,
}

export type CompareOptions = {
  readonly modelDir: string
  readonly providers: readonly Provider[]
  readonly language: Language
  readonly allowDifferentPatients: boolean
  readonly out: string | undefined
  readonly formats: readonly ComparisonFormat[]
  readonly force: boolean
}

/**
 * `detl compare`: films of one patient, screened in this process and compared.
 * @returns the comparison, and the paths of what was written
 * @throws AppError for the first film that is refused, with its name; patients-differ, comparison-unavailable
 */
export async function compareFiles(
  files: readonly string[],
  options: CompareOptions,
): Promise<{ readonly compared: Compared; readonly written: readonly string[] }> {
  if (files.length > MOST_FILMS)
    throw new AppError('request-invalid', `2 to ${MOST_FILMS} films are compared; ${files.length} were named`)
  const { out, formats, force, language } = options
  const paths = out === undefined ? [] : formats.map((format) => join(out, COMPARISON_FILES[format]))
  for (const path of paths) if (!force && existsSync(path)) mustNotExist(path)
  const scorer = await openScorer(options.modelDir, options.providers)
  try {
    const films: FilmToCompare[] = []
    for (const file of files) films.push(await screenFile(file, scorer, language))
    const about = { id: randomUUID(), at: Date.now(), manifest: scorer.manifest, language, references: {} }
    const compared = await compareAll(films, about, options.allowDifferentPatients)
    if (out !== undefined) await makeFolder(out)
    for (const [i, path] of paths.entries())
      await writeWhole(path, await RENDERERS[formats[i]!](compared), force)
    return { compared, written: paths }
  } finally {
    await scorer.close()
  }
}

async function screenFile(file: string, scorer: Scorer, language: Language): Promise<FilmToCompare> {
  const { manifest } = scorer
  try {
    const bytes = readImageFile(file, false)!
    const gate = { mode: 'refuse', spec: manifest.gate } as const
    const intake = await takeIn(bytes, manifest.preprocess, gate, { limits: DEFAULT_LIMITS, codecs })
    const scored = await scoredBy(scorer, intake.preprocessed.tensor)
    if ('error' in scored) throw new AppError('internal', `the model could not be run: ${scored.error}`)
    const scores = readScores(manifest, scored)
    const screened: Screened = {
      id: randomUUID(),
      at: Date.now(),
      manifest,
      bytes,
      intake,
      scores,
      settings: DEFAULT_SETTINGS,
      language,
      references: {},
    }
    return screenedFilm(screened)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    throw new AppError(error.code, `${file}: ${error.detail}`, { cause: error })
  }
}

async function scoredBy(scorer: Scorer, tensor: Uint8Array): Promise<Scored> {
  const { port1, port2 } = new MessageChannel()
  try {
    scorer.serve(port1)
    const answer = once(port2, 'message') as Promise<[Scored]>
    port2.postMessage(tensor)
    return (await answer)[0]
  } finally {
    port2.close()
  }
}
