import { AppError, codesOf, PROBLEMS, type ProblemCode } from '@detl/core/api/problem'
import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
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

/** For changes of what may have been changed meanwhile. */
export const ifMatch = z.object({
  'if-match': z.string().optional().openapi({
    description:
      'The `ETag` of the account as it was read: the change is refused where it was changed since.',
  }),
})

const PATCH_TYPE = 'application/merge-patch+json'
/** JSON Merge Patch (RFC 7396). */
export const patchBody = { required: true, content: { [PATCH_TYPE]: { schema: z.looseObject({}) } } }

/** What a change sends, as a merge patch or as plain JSON. @throws AppError request-invalid */
export async function patchOf(c: Context): Promise<unknown> {
  const type = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== PATCH_TYPE && type !== 'application/json')
    throw new AppError('request-invalid', `send the change as JSON, with "Content-Type: ${PATCH_TYPE}"`)
  const patch: unknown = await c.req.json().catch((cause: unknown) => {
    throw new AppError('request-invalid', 'the body is not JSON', { cause })
  })
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch))
    throw new AppError('request-invalid', 'the body is an object with what is to be changed')
  return patch
}

export const BY_KEY = [{ apiKey: [] }]
export const BY_ADMIN = [{ adminKey: [] }]
