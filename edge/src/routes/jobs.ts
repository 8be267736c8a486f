import { AppError, PROBLEMS, type ProblemCode } from '@detl/core/api/problem'
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Deps, EdgeContext } from '../app.ts'
import type { Job as LedgerJob } from '../ledger/jobs.ts'
import { admit } from '../middleware/auth.ts'
import { invalidInput } from '../middleware/problem.ts'
import { BY_KEY, json, problems, WITH_KEY } from './documented.ts'
import { Job } from './schemas.ts'

const params = z.object({ id: z.uuid() })
const tags = ['screening']

/** GET and DELETE /v1/screenings/{id}: jobs, made by `Prefer: respond-async`. */
export function jobRoutes({ accounts, sealer }: Pick<Deps, 'accounts' | 'sealer'>) {
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
        problem: { type: `/problems/${code}` as const, ...PROBLEMS[code], detail: job.problem?.detail ?? '' },
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
      middleware: [admit(accounts, 'screenings:read')] as const,
      request: { params },
      responses: { 200: json(Job, 'The job'), ...problems(...WITH_KEY, 'request-invalid', 'not-found') },
    }),
    async (c) => {
      const account = c.get('account')
      const job = await accounts(account).job(c.req.valid('param').id)
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
      middleware: [admit(accounts, 'screenings:write')] as const,
      request: { params },
      responses: {
        200: json(Job, 'The job as it was'),
        ...problems(...WITH_KEY, 'request-invalid', 'not-found'),
      },
    }),
    async (c) => {
      const account = c.get('account')
      const job = await accounts(account).cancelJob(c.req.valid('param').id, c.get('actor'))
      if (!job) throw new AppError('not-found', 'there is no such screening, or its answer is kept no longer')
      return c.json(await toJob(account, job), 200)
    },
  )
  return app
}
