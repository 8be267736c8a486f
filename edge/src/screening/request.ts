import type { Answer } from '@detl/core/answers/answer'
import { AppError } from '@detl/core/api/problem'
import { LANGUAGES, type Language } from '@detl/core/model/classes'
import type { Context } from 'hono'
import { accepts } from 'hono/accepts'
import { isPlainJson, negotiate, type Wanted } from '../answers/negotiate.ts'
import { representationOf } from '../answers/representations.ts'
import type { EdgeContext } from '../context.ts'
import { isTensor } from './arrived.ts'
import type { Screened } from './screened.ts'

/** Structured Fields string or bare token (draft-ietf-httpapi-idempotency-key-header-07, section 2.1); printable, so that it can be stored and compared. */
export const IDEMPOTENCY_KEY = /^"?([!#-~]{1,255}?)"?$/

/** A literal FHIR reference: relative with its type, or an absolute URL (FHIR R4, section 2.3.0). */
const FHIR_REFERENCE = /^(https?:\/\/[^\s"<>\\]{1,400}\/)?[A-Z][A-Za-z]{1,40}\/[A-Za-z0-9.-]{1,64}$/

/** What a request for a screening asks for, apart from its image. */
export type ScreeningRequest = Screened & {
  readonly wanted: Wanted
  readonly references: Answer['references']
  readonly language: Language
  /** It is answered later: asked for, and JSON alone is wanted. */
  readonly later: boolean
}

/** @throws AppError request-invalid, not-acceptable; the latter also where a tensor was sent and what is wanted needs the image */
export function readScreeningRequest(c: Context<EdgeContext>): ScreeningRequest {
  const wanted = negotiate(c.req.header('accept'))
  if (isTensor(c.req.raw) && !isPlainJson(wanted)) throw needsImage(wanted)
  const references = {
    subject: reference(c, 'fhir-subject'),
    imagingStudy: reference(c, 'fhir-imaging-study'),
  }
  // A job keeps no image: all that can be made of it later is JSON. Who wants something else gets it at once, as RFC 7240 allows.
  const later = /(^|[,;\s])respond-async\b/i.test(c.req.header('prefer') ?? '') && isPlainJson(wanted)
  return {
    id: c.get('requestId'),
    account: c.get('account'),
    wanted,
    references,
    language: languageOf(c),
    idempotencyKey: idempotencyKeyOf(c),
    later,
  }
}

/** Pictures, and what joins a patient's study, are made from the image. */
function needsImage({ multipart, parts }: Wanted): AppError {
  const named = multipart ? 'multipart/related' : representationOf(parts[0]!).type
  return new AppError(
    'not-acceptable',
    `${named} is made from the image, of which only the tensor was sent; offered: application/json`,
  )
}

/** Of what people read in the answer (RFC 9110, section 12.5.4): the most wanted that there is, else English. */
export const languageOf = (c: Context<EdgeContext>): Language =>
  accepts(c, {
    header: 'Accept-Language',
    supports: [...LANGUAGES],
    default: 'en',
    match: (wanted, { supports, default: otherwise }) =>
      wanted
        .filter(({ q }) => q > 0)
        .sort((a, b) => b.q - a.q)
        .map(({ type }) => supports.find((one) => one === type.toLowerCase().split('-')[0]))
        .find((one) => one !== undefined) ?? otherwise,
  }) as Language

function reference(c: Context<EdgeContext>, header: string): string | undefined {
  const value = c.req.header(header)
  if (value !== undefined && !FHIR_REFERENCE.test(value))
    throw new AppError('request-invalid', `${header} is no FHIR reference such as Patient/123`)
  return value
}

/** @throws AppError request-invalid */
export function idempotencyKeyOf(c: Context<EdgeContext>): string | undefined {
  const header = c.req.header('idempotency-key')
  if (header === undefined) return undefined
  const key = IDEMPOTENCY_KEY.exec(header)?.[1]
  if (key === undefined)
    throw new AppError('request-invalid', 'Idempotency-Key is 1 to 255 printable characters')
  return key
}
