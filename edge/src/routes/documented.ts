import { codesOf, PROBLEMS, type ProblemCode } from '@detl/core/api/problem'
import type { z } from '@hono/zod-openapi'
import { Problem } from '../schemas.ts'

/** Codes that any route behind a key may answer. */
export const WITH_KEY = codesOf('key')
/** Codes of routes behind the admin key. */
export const WITH_ADMIN_KEY = codesOf('admin')
/** Codes of routes that take JSON or parameters. */
export const WITH_INPUT = codesOf('input')

/** The `responses` of a route for its refusals: one a status, which lists the codes. */
export function problems(...codes: readonly ProblemCode[]) {
  const byStatus = new Map<number, ProblemCode[]>()
  for (const code of new Set(codes)) {
    const { status } = PROBLEMS[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  return Object.fromEntries(
    [...byStatus].map(([status, those]) => [
      status,
      {
        description: those.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join(' '),
        content: { 'application/problem+json': { schema: Problem } },
      },
    ]),
  )
}

export const json = <S extends z.ZodType>(schema: S, description: string) => ({
  description,
  content: { 'application/json': { schema } },
})

export const jsonBody = <S extends z.ZodType>(schema: S) => ({
  required: true,
  content: { 'application/json': { schema } },
})

export const BY_KEY = [{ apiKey: [] }]
export const BY_ADMIN = [{ adminKey: [] }]
