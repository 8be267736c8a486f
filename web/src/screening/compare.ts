import { COMPARISON_FILES, type ComparisonFormat } from '@detl/core/answers/comparison/files'
import type { Comparison } from '@detl/core/api/comparison'
import { ALLOW_DIFFERENT } from '@detl/core/comparison/request'
import { engine, unwrap } from '../engine/engine.ts'
import type { Item } from '../state/items.ts'
import { deviceModel } from '../state/model.ts'
import { settings } from '../state/settings.ts'
import { answered, api, withKey } from './endpoint.ts'

const COMPARE_MS = 120_000

/** What is compared. */
export type Asked = {
  /** In the order of time. */
  readonly films: readonly Item[]
  readonly allowDifferent: boolean
}

/**
 * Compares films of one patient: by the endpoint, which is sent the films, or on this device, where they stay.
 * @throws PageError
 */
export async function compareFilms(asked: Asked): Promise<Comparison> {
  if (settings.place.peek() === 'device')
    return unwrap(engine().compare(await filesOf(asked), about(crypto.randomUUID()), asked.allowDifferent))
  const answer = await api.POST('/v1/comparisons', { ...callOf(asked), ...accepting('application/json') })
  return unwrap(engine().readComparison(answered(answer)))
}

const TYPES: Readonly<Record<ComparisonFormat, string>> = {
  png: 'image/png',
  fhir: 'application/fhir+json',
  sr: 'application/dicom',
}

/**
 * The same comparison as a file, made where it was: the endpoint is sent the films again, and does not charge them again.
 * @param id of the comparison
 * @throws PageError
 */
export async function saveComparison(format: ComparisonFormat, id: string, asked: Asked): Promise<File> {
  const type = TYPES[format]
  const here = async () =>
    new Blob([
      await unwrap(engine().compareAs(format, await filesOf(asked), about(id), asked.allowDifferent)),
    ])
  const there = async () =>
    answered(
      await api.POST('/v1/comparisons', { ...callOf(asked), ...accepting(type), parseAs: 'blob' as const }),
    )
  const content = settings.place.peek() === 'device' ? await here() : await there()
  return new File([content], COMPARISON_FILES[format], { type })
}

const about = (id: string) => ({ id, at: Date.now(), language: settings.language.peek() })

async function filesOf({ films }: Asked): Promise<ArrayBuffer[]> {
  await deviceModel()
  return Promise.all(films.map(({ file }) => file.arrayBuffer()))
}

const accepting = (accept: string) => ({ headers: { ...withKey(settings.key.peek()), accept } })

function callOf({ films, allowDifferent }: Asked) {
  const form = new FormData()
  for (const { file } of films) form.append('image', file)
  // The same films in the same order are charged once.
  const key = `films-${films.map(({ id }) => id.slice(0, 8)).join('-')}`
  return {
    params: {
      header: { 'idempotency-key': key, 'accept-language': settings.language.peek() },
      query: allowDifferent ? { [ALLOW_DIFFERENT]: 'true' as const } : {},
    },
    // The contract knows bytes as text; they go as they are.
    body: form as unknown as { image: string[] },
    bodySerializer: (body: unknown) => body as FormData,
    signal: AbortSignal.timeout(COMPARE_MS),
  }
}
