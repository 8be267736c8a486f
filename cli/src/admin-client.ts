import type { paths } from '@detl/core/api/contract'
import { AppError } from '@detl/core/api/problem'
import type { Command } from 'commander'
import createClient from 'openapi-fetch'

export type AdminFlags = { readonly edge: string; readonly adminKey?: string }

/** The flags by which a command finds an edge and shows that it may act for who runs it. */
export const withAdminFlags = (command: Command): Command =>
  command
    .option('--edge <url>', 'the edge', 'http://127.0.0.1:8787')
    .option('--admin-key <key>', 'its admin key (default: $DETL_ADMIN_KEY)')

/** The admin API by its contract. @throws AppError key-missing */
export function adminClient({ edge, adminKey = process.env.DETL_ADMIN_KEY }: AdminFlags) {
  if (!adminKey) throw new AppError('key-missing', 'give --admin-key or set DETL_ADMIN_KEY')
  return createClient<paths>({
    baseUrl: edge,
    headers: { authorization: `Bearer ${adminKey}` },
    fetch: (request) =>
      fetch(request).catch((cause) => {
        const detail = `no edge answers at ${edge}; start one with "npm start", or say with --edge where it is`
        throw new AppError('upstream-unavailable', detail, { cause })
      }),
  })
}

/** The data of an answer, or its problem as an error. @throws AppError */
export function answered<T>({ data, error }: { data?: T; error?: unknown; response: Response }): T {
  if (data !== undefined) return data
  const { type, detail } = error as { type: string; detail: string }
  throw new AppError(type.replace('/problems/', '') as AppError['code'], detail)
}
