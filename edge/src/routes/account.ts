import {
  type Account as AccountShape,
  auditEntrySchema,
  type Settings,
  settingsSchema,
  usageRowSchema,
} from '@detl/core/api/account'
import { AppError } from '@detl/core/api/problem'
import type { Manifest } from '@detl/core/model/manifest'
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { Accounts } from '../accounts.ts'
import type { EdgeContext } from '../context.ts'
import { invalidInput, valid } from '../middleware/problem.ts'
import { Account } from '../schemas.ts'
import { toCsv } from '../usage-csv.ts'
import { type Access, accessTo, missing } from './access.ts'
import { change, etagOf, mergePatch } from './change.ts'
import { ifMatch, json, jsonBody, patchBody, patchOf, problems, WITH_INPUT } from './documented.ts'

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

/** Of test keys. */
const OF_MODE =
  'Test keys have settings of their own, once they have set some; until then those of the live keys hold for them.'

/**
 * Settings, usage and audit log of one account: the same routes for the account itself and, below `/v1/admin/accounts/{account}`, for
 * who runs the service.
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a table of routes
export function accountRoutes({ accounts, manifest }: AccountDeps, access: Access) {
  const app = new OpenAPIHono<EdgeContext>({ defaultHook: invalidInput })
  const { documented, common, id, by, ledgerOf, shown, modeOf } = accessTo(accounts, access)

  app.openapi(
    createRoute({
      method: 'get',
      path: '/account',
      operationId: id('getAccount'),
      summary: 'Plan, limits and settings',
      ...by('usage:read'),
      responses: { 200: json(Account, 'The account'), ...problems(...common, 'not-found') },
    }),
    async (c) => {
      const standing = (await ledgerOf(c).standing(modeOf(c))) ?? missing('account')
      c.header('ETag', etagOf(standing))
      return c.json(standing.account, 200)
    },
  )
  const save = (c: Context<EdgeContext>, settingsFrom: (account: AccountShape) => Settings) =>
    change(
      c,
      async () => (await ledgerOf(c).standing(modeOf(c))) ?? missing('account'),
      ({ account, revision }) => {
        const settings = settingsFrom(account)
        checkSettings(settings, manifest)
        return ledgerOf(c).setSettings(settings, { actor: c.get('actor'), mode: modeOf(c) }, revision)
      },
    )
  const refusals = problems(...common, ...WITH_INPUT, 'not-found', 'precondition-failed')
  app.openapi(
    createRoute({
      method: 'put',
      path: '/account/settings',
      operationId: id('putSettings'),
      summary: 'Replace all settings that answers are made with',
      description: `What the body does not name is lost: \`PATCH\` changes one and keeps the others. ${OF_MODE}`,
      ...by('account:write'),
      request: { headers: ifMatch, body: jsonBody(settingsSchema) },
      responses: { 200: json(Account, 'The account'), ...refusals },
    }),
    async (c) => c.json((await save(c, () => c.req.valid('json'))).account, 200),
  )
  app.openapi(
    createRoute({
      method: 'patch',
      path: '/account/settings',
      operationId: id('patchSettings'),
      summary: 'Change some settings that answers are made with',
      description: `JSON Merge Patch (RFC 7396): what the body does not name stays, \`null\` takes away. ${OF_MODE}`,
      ...by('account:write'),
      request: { headers: ifMatch, body: patchBody },
      responses: { 200: json(Account, 'The account'), ...refusals },
    }),
    async (c) => {
      const patch = await patchOf(c)
      const saved = await save(c, ({ settings }) => valid(settingsSchema, mergePatch(settings, patch)))
      return c.json(saved.account, 200)
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
