import type { Answer } from '@detl/core/answers/answer'
import { AppError } from '@detl/core/api/problem'
import type { Language } from '@detl/core/model/classes'
import type { Context } from 'hono'
import { isPlainJson, negotiate, type Wanted } from '../answers/negotiate.ts'
import { REPRESENTATIONS, type Representation, SCREENING_OFFER } from '../answers/representations.ts'
import type { EdgeContext } from '../context.ts'
import { isTensor } from './arrived.ts'
import { idempotencyKeyOf, languageOf, referencesIn } from './headers.ts'
import type { Screened } from './screened.ts'

/** What a request for a screening asks for, apart from its image. */
export type ScreeningRequest = Screened & {
  readonly wanted: Wanted<Representation>
  readonly references: Answer['references']
  readonly language: Language
  /** It is answered later: asked for, and JSON alone is wanted. */
  readonly later: boolean
}

/** @throws AppError request-invalid, not-acceptable; the latter also where a tensor was sent and what is wanted needs the image */
export function readScreeningRequest(c: Context<EdgeContext>): ScreeningRequest {
  const wanted = negotiate(c.req.header('accept'), SCREENING_OFFER)
  if (isTensor(c.req.raw) && !isPlainJson(wanted)) throw needsImage(wanted)
  // A job keeps no image: all that can be made of it later is JSON. Who wants something else gets it at once, as RFC 7240 allows.
  const later = /(^|[,;\s])respond-async\b/i.test(c.req.header('prefer') ?? '') && isPlainJson(wanted)
  return {
    id: c.get('requestId'),
    account: c.get('account'),
    wanted,
    references: referencesIn(c),
    language: languageOf(c),
    idempotencyKey: idempotencyKeyOf(c),
    later,
  }
}

/** Pictures, and what joins a patient's study, are made from the image. */
function needsImage({ multipart, parts }: Wanted<Representation>): AppError {
  const named = multipart ? 'multipart/related' : REPRESENTATIONS[parts[0]!].type
  return new AppError(
    'not-acceptable',
    `${named} is made from the image, of which only the tensor was sent; offered: application/json`,
  )
}
