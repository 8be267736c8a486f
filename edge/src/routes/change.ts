import { AppError } from '@detl/core/api/problem'
import type { Context } from 'hono'
import type { EdgeContext } from '../context.ts'
import type { Standing } from '../ledger/ledger.ts'

/** JSON Merge Patch (RFC 7396): what a patch does not name stays as it is; null takes away. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const merged = new Map(Object.entries(isObject(target) ? target : {}))
  for (const [name, value] of Object.entries(patch))
    if (value === null) merged.delete(name)
    else merged.set(name, mergePatch(merged.get(name), value))
  return Object.fromEntries(merged)
}
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The ETag of an account as it is. */
export const etagOf = ({ revision }: Standing): string => `"${revision}"`

/** Changes that nobody else's change comes between: tried so often. */
const TRIES = 5

/**
 * Changes an account on the ground of how it stands, and answers with its ETag.
 * @param make what to do, from how it stands; undefined where it was changed meanwhile
 * @throws AppError precondition-failed where `If-Match` (RFC 9110, section 13.1.1) names another state
 */
export async function change(
  c: Context<EdgeContext>,
  read: () => Promise<Standing>,
  make: (standing: Standing) => Promise<Standing | undefined>,
): Promise<Standing> {
  const wanted = c.req
    .header('if-match')
    ?.split(',')
    .map((tag) => tag.trim())
  for (let tries = 0; tries < TRIES; tries++) {
    const standing = await read()
    if (wanted && !wanted.includes('*') && !wanted.includes(etagOf(standing))) throw changed()
    const made = await make(standing)
    if (!made) continue
    c.header('ETag', etagOf(made))
    return made
  }
  throw changed()
}

const changed = () => new AppError('precondition-failed', 'the account was changed since it was read')
