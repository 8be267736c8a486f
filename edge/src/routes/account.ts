import { auditEntrySchema, type Settings, settingsSchema, usageRowSchema } from '@detl/core/api/account'
import { AppError } from '@detl/core/api/problem'
import type { Manifest } from '@detl/core/model/manifest'
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Accounts } from '../accounts.ts'
import type { EdgeContext } from '../context.ts'
import { invalidInput } from '../middleware/problem.ts'
import { Account } from '../schemas.ts'
import { toCsv } from '../usage-csv.ts'
import { type Access, accessTo, missing } from './access.ts'
import { json, jsonBody, problems, WITH_INPUT } from './documented.ts'

export type AccountDeps = {
  readonly accounts: Accounts
  readonly manifest: Pick<Manifest, 'name' | 'version' | 'labels' | 'selective'>
}

const usageQuery = z.object({
  from: z.iso.date().optional(),
  to: z.iso.date().optional(),
})
const auditQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  before: z
    .string()
    .regex(/^\d{1,15}\.\d{1,15}$/)
    .optional()
    .openapi({ description: '`next` of the page before' }),
})

/**
 * Settings, usage and audit log of one account: the same routes for the account itself and, below `/v1/admin/accounts/{account}`, for
 * who runs the service.
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a table of routes
export function accountRoutes({ accounts, manifest }: AccountDeps, access: Access) {
  const app = new OpenAPIHono<EdgeContext>({ defaultHook: invalidInput })
  const { documented, common, id, by, ledgerOf, shown, existing } = accessTo(accounts, access)

  app.openapi(
    createRoute({
      method: 'get',
      path: '/account',
      operationId: id('getAccount'),
      summary: 'Plan, limits and settings',
      ...by('usage:read'),
      responses: { 200: json(Account, 'The account'), ...problems(...common, 'not-found') },
    }),
    async (c) => c.json((await ledgerOf(c).account()) ?? missing('account'), 200),
  )
  app.openapi(
    createRoute({
      method: 'put',
      path: '/account/settings',
      operationId: id('putSettings'),
      summary: 'Operating point and prevalence that answers are made with',
      ...by('account:write'),
      request: { body: jsonBody(settingsSchema) },
      responses: {
        200: json(Account, 'The account'),
        ...problems(...common, ...WITH_INPUT, 'not-found'),
      },
    }),
    async (c) => {
      const ledger = await existing(c)
      const settings = c.req.valid('json')
      checkSettings(settings, manifest)
      return c.json(await ledger.setSettings(settings, c.get('actor')), 200)
    },
  )
  app.openAPIRegistry.registerPath({
    method: 'get',
    path: '/usage',
    operationId: id('getUsage'),
    summary: 'Screenings by day, key and outcome; JSON, or CSV by Accept',
    description: 'A test key is shown those of test keys; a live key all.',
    ...documented,
    request: { query: usageQuery },
    responses: {
      200: {
        description: 'Usage; the last 31 days unless `from` and `to` (both inclusive, UTC) say otherwise',
        content: {
          'application/json': { schema: z.object({ usage: z.array(usageRowSchema) }) },
          'text/csv': { schema: z.string() },
        },
      },
      ...problems(...common, 'request-invalid'),
    },
  })
  app.get('/usage', access.guard('usage:read'), async (c) => {
    const query = usageQuery.safeParse(c.req.query())
    if (!query.success) throw new AppError('request-invalid', 'from and to are dates, as 2026-01-31')
    const day = (daysAgo: number) => new Date(Date.now() - daysAgo * 24 * 3600_000).toISOString().slice(0, 10)
    const usage = await ledgerOf(c).usage(query.data.from ?? day(31), query.data.to ?? day(0), shown(c))
    c.header('Vary', 'Accept')
    if (/\btext\/csv\b/.test(c.req.header('accept') ?? ''))
      return c.body(toCsv(usage), 200, { 'content-type': 'text/csv; charset=utf-8' })
    return c.json({ usage })
  })
  app.openapi(
    createRoute({
      method: 'get',
      path: '/audit',
      operationId: id('getAudit'),
      summary: 'Who did what when, newest first: changes, and screenings with their code',
      description: 'A test key is shown what test keys did; a live key all.',
      ...by('account:write'),
      request: { query: auditQuery },
      responses: {
        200: json(
          z.object({ entries: z.array(auditEntrySchema), next: z.string().optional() }),
          'Audit log; `next` where there is more',
        ),
        ...problems(...common, 'request-invalid'),
      },
    }),
    async (c) => {
      const { limit, before } = c.req.valid('query')
      return c.json(await ledgerOf(c).auditLog(limit, before, shown(c)), 200)
    },
  )
  return app
}

/** What the model cannot follow would never be used, and nobody would notice: a threshold of a class that it does not have. @throws AppError request-invalid */
function checkSettings(
  { operatingPoint, prevalence, selective }: Settings,
  { name, version, labels, selective: known }: AccountDeps['manifest'],
): void {
  if (selective && !known)
    throw new AppError(
      'request-invalid',
      `selective: of the model ${name} ${version} it is not known from where on it is sure; leave it out`,
    )
  const thresholds = typeof operatingPoint === 'string' ? {} : operatingPoint.thresholds
  for (const [path, given] of Object.entries({ 'operatingPoint.thresholds': thresholds, prevalence })) {
    const unknown = Object.keys(given).filter((id) => !labels.includes(id))
    if (unknown.length > 0)
      throw new AppError(
        'request-invalid',
        `${path}: the model ${name} ${version} has no class ${unknown.map((id) => `"${id}"`).join(', ')}; its classes are ${labels.join(', ')}`,
      )
  }
}
