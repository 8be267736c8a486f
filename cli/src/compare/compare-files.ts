import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import {
  type Compared,
  compareAll,
  type FilmToCompare,
  screenedFilm,
} from '@detl/core/answers/comparison/compared'
import { comparisonFhir } from '@detl/core/answers/comparison/fhir'
import { COMPARISON_FILES, type ComparisonFormat } from '@detl/core/answers/comparison/files'
import { comparisonPng } from '@detl/core/answers/comparison/picture'
import { comparisonReport } from '@detl/core/answers/comparison/structured-report'
import { AppError } from '@detl/core/api/problem'
import { MOST_FILMS } from '@detl/core/comparison/request'
import type { Language } from '@detl/core/model/classes'
import type { Provider } from '@detl/gpu-function/session-messages'
import { makeFolder } from '../screen/output-folder.ts'
import { readImageFile } from '../screen/read-image-file.ts'
import { openScorer, type Scorer } from '../screen/scorer.ts'
import { screenImage } from '../screen/screen-image.ts'
import { mustNotExist, writeWhole } from '../screen/write-whole.ts'

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
  if (files.includes('-'))
    throw new AppError(
      'request-invalid',
      'two films or more are compared, and standard input is one: name files',
    )
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
  const { port1, port2 } = new MessageChannel()
  scorer.serve(port1)
  try {
    const { manifest } = scorer
    return screenedFilm(await screenImage(readImageFile(file, false)!, { manifest, language }, port2))
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    throw new AppError(error.code, `${file}: ${error.detail}`, { cause: error })
  } finally {
    port2.close()
  }
}
