import { compareAll, screenedFilm } from '@detl/core/answers/comparison/compared'
import { comparisonJson } from '@detl/core/answers/comparison/json'
import { DEFAULT_SETTINGS } from '@detl/core/api/account'
import type { Comparison } from '@detl/core/api/comparison'
import type { Language } from '@detl/core/model/classes'
import { screen } from './on-device.ts'

/** Films of one patient, scored and compared here, by the code that compares them at the endpoint. @throws AppError as `compareAll` says */
export async function compareHere(
  files: readonly Uint8Array[],
  language: Language,
  allowDifferent: boolean,
): Promise<Comparison> {
  const films = []
  let manifest: Awaited<ReturnType<typeof screen>>['manifest'] | undefined
  for (const bytes of files) {
    const seen = await screen(bytes)
    manifest = seen.manifest
    const about = { id: crypto.randomUUID(), at: Date.now(), bytes, language, references: {} }
    films.push(screenedFilm({ ...about, ...seen, settings: DEFAULT_SETTINGS }))
  }
  const about = { id: crypto.randomUUID(), at: Date.now(), manifest: manifest!, language, references: {} }
  return comparisonJson(await compareAll(films, about, allowDifferent))
}
