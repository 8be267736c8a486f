import { AppError } from '@detl/core/api/problem'
import * as z from 'zod'

/** models/<name>/routing.json: which version answers when a call names none. */
export const routingSchema = z.strictObject({
  /** Absent: the highest version, numbers compared as numbers. */
  default: z.string().optional(),
  canary: z.strictObject({ version: z.string(), weight: z.number().min(0).max(1) }).optional(),
})
export type Routing = z.infer<typeof routingSchema>

/** A version, or `canary`: asks for a version without naming it in the address. */
export const VERSION_HEADER = 'detl-model-version'

export type Wanted = {
  /** From the address: this one and no other. */
  readonly version?: string | undefined
  /** Value of {@link VERSION_HEADER}. */
  readonly header?: string | undefined
  /** Decides between default and canary: one id always gets one version, so a retried call is answered alike. */
  readonly id: string
}

/**
 * The version that answers a call.
 * @param versions the loaded ones, at least one
 * @throws AppError `not-found` for a version that is not loaded
 */
export function chooseVersion(versions: readonly string[], routing: Routing, wanted: Wanted): string {
  const named = wanted.version ?? (wanted.header === 'canary' ? routing.canary?.version : wanted.header)
  if (named !== undefined) {
    if (versions.includes(named)) return named
    throw new AppError('not-found', `version ${JSON.stringify(named.slice(0, 64))} is not loaded`)
  }
  const { canary } = routing
  if (canary && versions.includes(canary.version) && share(wanted.id) < canary.weight) return canary.version
  if (routing.default !== undefined && versions.includes(routing.default)) return routing.default
  // A canary is not the default for being the newest.
  const stable = versions.filter((version) => version !== canary?.version)
  return highest(stable.length > 0 ? stable : versions)
}

const highest = (versions: readonly string[]): string =>
  versions.reduce((a, b) => (a.localeCompare(b, 'en', { numeric: true }) >= 0 ? a : b))

/** A number in [0,1) that depends on the text alone: FNV-1a, 32 bit, finished as in MurmurHash3 so that all bits count. */
function share(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}
