import type { Answer } from '@detl/core/answers/answer'
import { comparisonInputSchema } from '@detl/core/api/comparison'
import { AppError } from '@detl/core/api/problem'
import { ALLOW_DIFFERENT, MOST_FILMS } from '@detl/core/comparison/request'
import type { Language } from '@detl/core/model/classes'
import type { Context } from 'hono'
import {
  COMPARISON_OFFER,
  COMPARISON_REPRESENTATIONS,
  type ComparisonRepresentation,
  FROM_FILMS,
} from '../answers/comparison-representations.ts'
import { negotiate, type Wanted } from '../answers/negotiate.ts'
import type { EdgeContext } from '../context.ts'
import { idempotencyKeyOf, languageOf, referencesIn } from './headers.ts'

/** What a request for a comparison asks for, apart from its films. */
export type ComparisonRequest = {
  readonly account: string
  readonly wanted: Wanted<ComparisonRepresentation>
  readonly references: Answer['references']
  readonly language: Language
  readonly idempotencyKey: string | undefined
  readonly allowDifferentPatients: boolean
}

/** A part of the request in its order: a film's bytes, or the id of a screening whose answer was kept. */
export type Part = { readonly image: File } | { readonly screening: string }

/** @throws AppError request-invalid, not-acceptable */
export function readComparisonRequest(c: Context<EdgeContext>): ComparisonRequest {
  const allow = c.req.query(ALLOW_DIFFERENT)
  if (allow !== undefined && allow !== 'true' && allow !== 'false')
    throw new AppError('request-invalid', `${ALLOW_DIFFERENT} is true or false`)
  return {
    account: c.get('account'),
    wanted: negotiate(c.req.header('accept'), COMPARISON_OFFER),
    references: referencesIn(c),
    language: languageOf(c),
    idempotencyKey: idempotencyKeyOf(c),
    allowDifferentPatients: allow === 'true',
  }
}

/**
 * The films of a form, in its order: file parts `image`, and parts `screening` with ids.
 * @throws AppError image-missing, request-invalid
 */
export function partsOf(form: FormData): Part[] {
  const parts: Part[] = []
  for (const [name, value] of form.entries()) {
    if (name === 'image' && value instanceof File) parts.push({ image: value })
    else if (name === 'screening' && typeof value === 'string') parts.push({ screening: value })
    else
      throw new AppError(
        'request-invalid',
        `the form has file parts named "image" and ids named "screening"; one of its parts is neither`,
      )
  }
  if (!parts.some((part) => 'image' in part))
    throw new AppError('image-missing', 'the form has no film; ids alone are sent as JSON')
  if (parts.length < 2 || parts.length > MOST_FILMS)
    throw new AppError(
      'request-invalid',
      `2 to ${MOST_FILMS} films are compared; the form has ${parts.length}`,
    )
  const ids = comparisonInputSchema.shape.screenings.element
  if (parts.some((part) => 'screening' in part && !ids.safeParse(part.screening).success))
    throw new AppError('request-invalid', 'a part "screening" is no id of a screening')
  return parts
}

/** Ids alone. @throws AppError request-invalid; not-acceptable where what is wanted needs the films */
export function idsOf(json: unknown, { wanted }: Pick<ComparisonRequest, 'wanted'>): string[] {
  const parsed = comparisonInputSchema.safeParse(json)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new AppError('request-invalid', `${issue?.path.join('.') || 'body'}: ${issue?.message}`)
  }
  const needs = wanted.parts.find((part) => FROM_FILMS.has(part))
  if (needs)
    throw new AppError(
      'not-acceptable',
      `${COMPARISON_REPRESENTATIONS[needs].type} is made from the films, and ids alone were sent; offered: application/json, application/fhir+json`,
    )
  return parsed.data.screenings
}
