import { AppError, type ProblemCode } from '@detl/core/api/problem'
import { problemDetails } from '@detl/core/api/problem-schema'
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Accounts } from '../accounts.ts'
import type { EdgeContext } from '../context.ts'
import type { Job as LedgerJob } from '../ledger/ledger.ts'
import { doer, requireScope } from '../middleware/auth.ts'
import { invalidInput } from '../middleware/problem.ts'
import { Job } from '../schemas.ts'
import type { Sealer } from '../seal.ts'
import { BY_KEY, json, problems, WITH_KEY } from './documented.ts'

const params = z.object({ id: z.uuid() })
const tags = ['screening']

export type JobRouteDeps = { readonly accounts: Accounts; readonly sealer: Sealer }

/** GET and DELETE /v1/screenings/{id}: jobs, made by `Prefer: respond-async`. */
export function jobRoutes({ accounts, sealer }: JobRouteDeps) {
  const app = new OpenAPIHono<EdgeContext>({ defaultHook: invalidInput })

  async function toJob(account: string, job: LedgerJob): Promise<z.infer<typeof Job>> {
    const screening =
      job.output &&
      JSON.parse(new TextDecoder().decode(await sealer.openBytes(`answer:${account}:${job.id}`, job.output)))
    const code = job.problem?.code as ProblemCode | undefined
    return {
      id: job.id,
      status: job.state,
      createdAt: new Date(job.createdAt).toISOString(),
      expiresAt: new Date(job.expiresAt).toISOString(),
      ...(screening && { screening }),
      ...(code && {
        problem: problemDetails(code, job.problem?.detail ?? ''),
      }),
    }
  }

  app.openapi(
    createRoute({
      method: 'get',
      path: '/screenings/{id}',
      operationId: 'getScreening',
      summary: 'How a screening with `Prefer: respond-async` stands, and its answer once it is there',
      tags,
      security: BY_KEY,
      middleware: [requireScope(accounts, 'screenings:read')] as const,
      request: { params },
      responses: { 200: json(Job, 'The job'), ...problems(...WITH_KEY, 'request-invalid', 'not-found') },
    }),
    async (c) => {
      const account = c.get('account')
      const job = await accounts(account).job(c.req.valid('param').id, c.get('mode'))
      if (!job) throw new AppError('not-found', 'there is no such screening, or its answer is kept no longer')
      return c.json(await toJob(account, job), 200)
    },
  )
  app.openapi(
    createRoute({
      method: 'delete',
      path: '/screenings/{id}',
      operationId: 'deleteScreening',
      summary: 'Cancel a screening that waits, at no cost, or forget the answer of one that has ended',
      tags,
      security: BY_KEY,
      middleware: [requireScope(accounts, 'screenings:write')] as const,
      request: { params },
      responses: {
        200: json(Job, 'The job as it was'),
        ...problems(...WITH_KEY, 'request-invalid', 'not-found'),
      },
    }),
    async (c) => {
      const account = c.get('account')
      const job = await accounts(account).cancelJob(c.req.valid('param').id, doer(c))
      if (!job) throw new AppError('not-found', 'there is no such screening, or its answer is kept no longer')
      return c.json(await toJob(account, job), 200)
    },
  )
  return app
}
