import { type Compared, compareAll, screenedFilm } from '@detl/core/answers/comparison/compared'
import { comparisonFhir } from '@detl/core/answers/comparison/fhir'
import type { ComparisonFormat } from '@detl/core/answers/comparison/files'
import { comparisonJson } from '@detl/core/answers/comparison/json'
import { comparisonPng } from '@detl/core/answers/comparison/picture'
import { comparisonReport } from '@detl/core/answers/comparison/structured-report'
import type { Comparison } from '@detl/core/api/comparison'
import { DEFAULT_SETTINGS } from '@detl/core/api/default-settings'
import { screen } from './on-device.ts'
import type { About } from './types.ts'

const RENDERERS: Readonly<
  Record<ComparisonFormat, (compared: Compared) => Promise<Uint8Array<ArrayBuffer>>>
> = {
  png: comparisonPng,
  fhir: async (compared) => new TextEncoder().encode(JSON.stringify(await comparisonFhir(compared))),
  sr: comparisonReport,
}

/** Films of one patient, scored and compared here, by the code that compares them at the endpoint. @throws AppError as `compareAll` says */
export const compareHere = async (
  files: readonly Uint8Array[],
  about: About,
  allowDifferent: boolean,
): Promise<Comparison> => comparisonJson(await compared(files, about, allowDifferent))

/** The same as a file; the films are scored once more for it. @throws AppError as `compareAll` says */
export const compareHereAs = async (
  format: ComparisonFormat,
  files: readonly Uint8Array[],
  about: About,
  allowDifferent: boolean,
): Promise<Uint8Array<ArrayBuffer>> => RENDERERS[format](await compared(files, about, allowDifferent))

async function compared(
  files: readonly Uint8Array[],
  { id, at, language }: About,
  allowDifferent: boolean,
): Promise<Compared> {
  const films = []
  let manifest: Awaited<ReturnType<typeof screen>>['manifest'] | undefined
  for (const bytes of files) {
    const seen = await screen(bytes)
    manifest = seen.manifest
    const own = { id: crypto.randomUUID(), at, bytes, language, references: {} }
    films.push(screenedFilm({ ...own, ...seen, settings: DEFAULT_SETTINGS }))
  }
  return compareAll(films, { id, at, manifest: manifest!, language, references: {} }, allowDifferent)
}
