import type { Comparison } from '@detl/core/api/comparison'
import { ALLOW_DIFFERENT } from '@detl/core/comparison/request'
import { engine, unwrap } from '../engine/engine.ts'
import type { Item } from '../state/items.ts'
import { deviceModel } from '../state/model.ts'
import { settings } from '../state/settings.ts'
import { answered, api, withKey } from './endpoint.ts'

const COMPARE_MS = 120_000

/**
 * Compares films of one patient: by the endpoint, which is sent the films, or on this device, where they stay.
 * @param films in the order of time @param idempotencyKey the same for the same films: they are charged once
 * @throws PageError
 */
export async function compareFilms(
  films: readonly Item[],
  idempotencyKey: string,
  allowDifferent: boolean,
): Promise<Comparison> {
  const language = settings.language.peek()
  if (settings.place.peek() === 'device') {
    await deviceModel()
    const files = await Promise.all(films.map(({ file }) => file.arrayBuffer()))
    return unwrap(engine().compare(files, language, allowDifferent))
  }
  const form = new FormData()
  for (const { file } of films) form.append('image', file)
  const answer = await api.POST('/v1/comparisons', {
    params: {
      header: { 'idempotency-key': idempotencyKey, 'accept-language': language },
      query: allowDifferent ? { [ALLOW_DIFFERENT]: 'true' as const } : {},
    },
    headers: { ...withKey(settings.key.peek()), accept: 'application/json' },
    // The contract knows bytes as text; they go as they are.
    body: form as unknown as { image: string[] },
    bodySerializer: (body) => body,
    signal: AbortSignal.timeout(COMPARE_MS),
  })
  return unwrap(engine().readComparison(answered(answer)))
}
