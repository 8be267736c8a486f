import { AppError, codeOf, type ProblemCode, passes } from '@detl/core/api/problem'
import type { DicomJson } from '@detl/core/dicomweb/dicom-json'
import { FAILURE } from '@detl/core/dicomweb/store-response'
import { isPassing } from '../middleware/problem.ts'
import type { Identity } from './identify.ts'

/** What is not in it and does not pass by itself is a processing failure. */
const REASONS: Partial<Record<ProblemCode, number>> = {
  'image-undecodable': FAILURE.notUnderstood,
  'image-unsupported': FAILURE.notUnderstood,
  'image-unsuitable': FAILURE.unsuitable,
  'image-too-large': FAILURE.outOfResources,
  'credits-exhausted': FAILURE.outOfResources,
  'quota-exhausted': FAILURE.outOfResources,
  'idempotency-mismatch': FAILURE.mismatch,
  conflict: FAILURE.mismatch,
}

/** Why an object is not screened: its Failure Reason, and in words. */
export type Failed = {
  readonly failure: number
  readonly more: DicomJson
  /** Seconds after which the same object may be screened; absent where it will not. */
  readonly retryAfterS?: number
}

/** @param identity undefined where it has none */
export function failed(error: unknown, identity?: Identity): Failed {
  const code = codeOf(error)
  const detail = error instanceof AppError ? error.detail : 'see the log'
  const passing = passes(error) || (error instanceof Error && isPassing(error))
  const retryAfterS = (error instanceof AppError ? error.retryAfterS : undefined) ?? 5
  return {
    failure: reasonOf(code, passing, identity),
    more: told({ code, detail }),
    ...(passing && { retryAfterS }),
  }
}

function reasonOf(code: ProblemCode, passing: boolean, identity: Identity | undefined): number {
  if (code === 'image-unsupported' && identity?.isImage === false) return FAILURE.sopClass
  if (code === 'image-unsupported' && identity?.isRead === false) return FAILURE.transferSyntax
  return REASONS[code] ?? (passing ? FAILURE.outOfResources : FAILURE.processing)
}

/** What the standard has no attribute for, as private ones (PS3.5, section 7.8.1). */
export const told = (of: {
  readonly id?: string
  readonly headline?: string
  readonly code?: ProblemCode
  readonly detail?: string
}): DicomJson => ({
  '00990010': { vr: 'LO', Value: ['DETL'] },
  ...(of.id !== undefined && { '00991001': { vr: 'LO', Value: [of.id] } }),
  ...(of.headline !== undefined && { '00991002': { vr: 'LT', Value: [of.headline] } }),
  ...(of.code !== undefined && { '00991003': { vr: 'LO', Value: [of.code] } }),
  ...(of.detail !== undefined && { '00991004': { vr: 'LT', Value: [of.detail] } }),
})
