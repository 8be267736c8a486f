import type { ProblemCode } from '@detl/core/api/problem'
import type { Denial } from './ledger.ts'

/** @param retryAfterS where the ledger knows when it will say yes */
export const denial = (code: ProblemCode, detail: string, retryAfterS?: number): Denial => ({
  ok: false,
  code,
  detail,
  ...(retryAfterS !== undefined && { retryAfterS }),
})
