import type { paths } from '@detl/core/api/contract'
import { AppError, PROBLEMS, type ProblemCode } from '@detl/core/api/problem'
import type { Command } from 'commander'
import createClient from 'openapi-fetch'
import * as z from 'zod'

export type AdminFlags = { readonly edge: string; readonly adminKey?: string }

/** The flags by which a command finds an edge and shows that it may act for who runs it. */
export const withAdminFlags = (command: Command): Command =>
  command
    .option('--edge <url>', 'the edge', 'http://127.0.0.1:8787')
    .option('--admin-key <key>', 'its admin key (default: $DETL_ADMIN_KEY)')

/** The admin API by its contract. @throws AppError key-missing; and of a call, where no edge answers it */
export function adminClient({ edge, adminKey = process.env.DETL_ADMIN_KEY }: AdminFlags) {
  if (!adminKey) throw new AppError('key-missing', 'give --admin-key or set DETL_ADMIN_KEY')
  if (!URL.canParse(edge))
    throw new AppError(
      'request-invalid',
      `--edge is an address such as https://screening.example, not "${edge}"`,
    )
  return createClient<paths>({
    baseUrl: edge,
    headers: { authorization: `Bearer ${adminKey}` },
    fetch: async (request) => {
      const response = await fetch(request).catch((cause) => {
        const detail = `no edge answers at ${edge}; start one with "npm start", or say with --edge where it is`
        throw new AppError('upstream-unavailable', detail, { cause })
      })
      const type = response.headers.get('content-type') ?? 'no content type'
      // All answers of an edge are JSON; anything else comes from another server, or from a proxy before it.
      if (response.status !== 204 && !/^application\/([\w.-]+\+)?json\b/.test(type))
        throw notAnEdge(response, type)
      return response
    },
  })
}

const problemSchema = z.object({
  type: z.templateLiteral(['/problems/', z.enum(Object.keys(PROBLEMS) as ProblemCode[])]),
  detail: z.string(),
})

type Result<T> = { data?: T; error?: unknown; response: Response }

/**
 * The data of an answer, or its problem as an error.
 * @param part what the data have, if they are an edge's
 * @throws AppError the edge's own; upstream-invalid if it is no edge's
 */
export function answered<T extends object>({ data, error, response }: Result<T>, part: keyof T): T {
  if (data !== undefined) {
    if (!Object.hasOwn(data, part)) throw notAnEdge(response, `JSON without "${String(part)}"`)
    return data
  }
  const problem = problemSchema.safeParse(error)
  if (!problem.success) throw notAnEdge(response, 'JSON that is no problem of an edge')
  const { type, detail } = problem.data
  throw new AppError(type.slice('/problems/'.length) as ProblemCode, detail)
}

const notAnEdge = ({ status, url }: Response, what: string) =>
  new AppError(
    'upstream-invalid',
    `what answers at ${new URL(url).origin} is no DETL edge (status ${status}, ${what}); say with --edge where one is`,
  )
