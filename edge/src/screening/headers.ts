import type { Answer } from '@detl/core/answers/answer'
import { AppError } from '@detl/core/api/problem'
import { LANGUAGES, type Language } from '@detl/core/model/classes'
import type { Context } from 'hono'
import { accepts } from 'hono/accepts'
import type { EdgeContext } from '../context.ts'

/** Structured Fields string or bare token (draft-ietf-httpapi-idempotency-key-header-07, section 2.1); printable, so that it can be stored and compared. */
export const IDEMPOTENCY_KEY = /^"?([!#-~]{1,255}?)"?$/

/** A literal FHIR reference: relative with its type, or an absolute URL (FHIR R4, section 2.3.0). */
const FHIR_REFERENCE = /^(https?:\/\/[^\s"<>\\]{1,400}\/)?[A-Z][A-Za-z]{1,40}\/[A-Za-z0-9.-]{1,64}$/

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

/** The caller's own FHIR references. @throws AppError request-invalid */
export const referencesIn = (c: Context<EdgeContext>): Answer['references'] => ({
  subject: reference(c, 'fhir-subject'),
  imagingStudy: reference(c, 'fhir-imaging-study'),
})

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
