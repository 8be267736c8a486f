import { toFhir } from '@detl/core/answers/fhir'
import { toJson } from '@detl/core/answers/json'
import type { Settings } from '@detl/core/api/account'
import type { KeyMode } from '@detl/core/api/api-key'
import type { BatchItem } from '@detl/core/api/batch'
import type { ByteBudget } from '../byte-budget.ts'
import { tensorOf } from '../screening/answer-now.ts'
import { answerOf } from '../screening/answer-of.ts'
import { type ArrivalDeps, takeImage } from '../screening/arrived.ts'
import type { Infer } from '../upstream.ts'
import type { Head } from './book-types.ts'
import { fetchSource, type SourceDeps } from './fetch-source.ts'
import { shownSource } from './source-rules.ts'

export type ItemDeps = ArrivalDeps & {
  readonly sources: SourceDeps
  readonly bytes: ByteBudget
  readonly infer: Infer
  /** Who a batch waits for: the GPU, where there is one. An archive has time, and the edge's own run of the model is slow. */
  readonly fallback: 'edge' | 'fail'
  /** A turn at decoding; called to leave. */
  readonly decodeTurn: () => Promise<() => void>
}

/** Lines of an item's result. */
export type ItemLines = { readonly json: string; readonly fhir: string | undefined }

/**
 * One item, by the same steps as POST /v1/screenings: fetch, take in (decode, gate, preprocess), infer, render.
 * @param of `place` in the manifest, from 1; `id` of the screening
 * @throws AppError as these say
 */
export async function screenItem(
  deps: ItemDeps,
  of: {
    head: Head
    item: BatchItem
    place: number
    id: string
    settings: Settings
    mode: KeyMode
    authorization: string | undefined
  },
): Promise<ItemLines> {
  const { head, item, place, id, settings, mode, authorization } = of
  const claim = deps.bytes.claim(head.account, 'patient')
  try {
    const bytes = await fetchSource(deps.sources, item, { account: head.account, authorization, claim })
    const arrived = await inTurn(deps.decodeTurn, () => takeImage(deps, bytes))
    const { signal } = new AbortController()
    const call = { requestId: id, mode, signal, fallback: deps.fallback }
    const inference = await deps.infer(tensorOf(arrived), call)
    const given = { id, at: Date.now(), inference }
    const answer = answerOf(deps.manifest, arrived, given, { settings, language: head.language })
    const named = { item: place, ...(item.id !== undefined && { id: item.id }), source: shownSource(item) }
    return {
      json: JSON.stringify({ ...named, screening: toJson(answer) }),
      fhir: head.fhir ? JSON.stringify(await toFhir(answer)) : undefined,
    }
  } finally {
    claim.release()
  }
}

async function inTurn<T>(enter: ItemDeps['decodeTurn'], work: () => Promise<T>): Promise<T> {
  const leave = await enter()
  try {
    return await work()
  } finally {
    leave()
  }
}
