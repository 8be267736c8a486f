import { accountIdSchema, accountInputSchema } from '@detl/core/api/account'
import { AppError } from '@detl/core/api/problem'
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { reconcile } from '../billing/reconcile.ts'
import type { BillingSink } from '../billing/sink.ts'
import type { EdgeContext } from '../context.ts'
import { adminAuth } from '../middleware/auth.ts'
import { invalidInput, valid } from '../middleware/problem.ts'
import { Account } from '../schemas.ts'
import { type Access, missing } from './access.ts'
import { type AccountDeps, accountRoutes } from './account.ts'
import { change, etagOf, mergePatch } from './change.ts'
import {
  BY_ADMIN,
  ifMatch,
  json,
  jsonBody,
  patchBody,
  patchOf,
  problems,
  WITH_ADMIN_KEY,
  WITH_INPUT,
} from './documented.ts'
import { type KeyRouteDeps, keyRoutes } from './keys.ts'

const MINUTE_MS = 60_000
const tags = ['admin']
const accountParam = z.object({ account: accountIdSchema })
const creditsSchema = z.strictObject({
  amount: z.int().positive().max(1e9),
  /** Of the payment: sent again, it adds nothing. */
  reference: z.string().min(1).max(200),
})
const reconcileSchema = z.strictObject({ from: z.iso.datetime(), to: z.iso.datetime() })
const reconciledSchema = z.strictObject({
  account: z.string(),
  charged: z.int(),
  reported: z.number(),
  difference: z.number(),
})

export type AdminDeps = AccountDeps &
  KeyRouteDeps & {
    readonly isAdmin: (token: string) => Promise<boolean>
    /** Which accounts there are. */
    readonly directory: { add(id: string): Promise<void>; list(): Promise<string[]> }
    readonly billing: BillingSink | undefined
  }

/** What who runs the service may do, below /v1/admin, behind the admin key. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a table of routes
export function adminRoutes(deps: AdminDeps) {
  const { accounts, directory, isAdmin, billing } = deps
  const app = new OpenAPIHono<EdgeContext>({ defaultHook: invalidInput })
  app.use('/accounts/:account/*', adminAuth(isAdmin))
  app.use('/accounts/:account', adminAuth(isAdmin))
  app.use('/accounts', adminAuth(isAdmin))
  app.use('/reconcile', adminAuth(isAdmin))

  app.openapi(
    createRoute({
      method: 'get',
      path: '/accounts',
      operationId: 'listAccounts',
      summary: 'Ids of all accounts',
      tags,
      security: BY_ADMIN,
      responses: {
        200: json(z.object({ accounts: z.array(accountIdSchema) }), 'Accounts'),
        ...problems(...WITH_ADMIN_KEY),
      },
    }),
    async (c) => c.json({ accounts: await directory.list() }, 200),
  )
  app.openapi(
    createRoute({
      method: 'put',
      path: '/accounts/{account}',
      operationId: 'putAccount',
      summary: 'Make an account, or replace its name, plan and billing customer',
      description:
        'What the body does not name is lost, but for limits: `PATCH` changes one thing and keeps the others.',
      tags,
      security: BY_ADMIN,
      request: { params: accountParam, headers: ifMatch, body: jsonBody(accountInputSchema) },
      responses: {
        200: json(Account, 'The account'),
        ...problems(...WITH_ADMIN_KEY, ...WITH_INPUT, 'not-found', 'precondition-failed'),
      },
    }),
    async (c) => {
      const { account } = c.req.valid('param')
      const ledger = accounts(account)
      await directory.add(account)
      const input = c.req.valid('json')
      if (c.req.header('if-match') === undefined) {
        const made = await ledger.configure(input, 'admin')
        c.header('ETag', etagOf(made!))
        return c.json(made!.account, 200)
      }
      const read = async () => (await ledger.standing()) ?? missing('account')
      const made = await change(c, read, ({ revision }) => ledger.configure(input, 'admin', revision))
      return c.json(made.account, 200)
    },
  )
  app.openapi(
    createRoute({
      method: 'patch',
      path: '/accounts/{account}',
      operationId: 'patchAccount',
      summary: 'Change some of an account: name, plan, limits, billing customer',
      description: 'JSON Merge Patch (RFC 7396): what the body does not name stays, `null` takes away.',
      tags,
      security: BY_ADMIN,
      request: { params: accountParam, headers: ifMatch, body: patchBody },
      responses: {
        200: json(Account, 'The account'),
        ...problems(...WITH_ADMIN_KEY, ...WITH_INPUT, 'not-found', 'precondition-failed'),
      },
    }),
    async (c) => {
      const ledger = accounts(c.req.valid('param').account)
      const patch = await patchOf(c)
      const made = await change(
        c,
        async () => (await ledger.standing()) ?? missing('account'),
        ({ account: { name, plan, limits, billingCustomer }, revision }) => {
          const input = valid(accountInputSchema, mergePatch({ name, plan, limits, billingCustomer }, patch))
          return ledger.configure(input, 'admin', revision)
        },
      )
      return c.json(made.account, 200)
    },
  )
  app.openapi(
    createRoute({
      method: 'post',
      path: '/accounts/{account}/credits',
      operationId: 'addCredits',
      summary: 'Add credits that were paid for',
      tags,
      security: BY_ADMIN,
      request: { params: accountParam, body: jsonBody(creditsSchema) },
      responses: {
        200: json(Account, 'The account'),
        ...problems(...WITH_ADMIN_KEY, ...WITH_INPUT, 'not-found'),
      },
    }),
    async (c) => {
      const ledger = accounts(c.req.valid('param').account)
      if (!(await ledger.account())) throw new AppError('not-found', 'there is no such account')
      const { amount, reference } = c.req.valid('json')
      return c.json(await ledger.addCredits(amount, reference, 'admin'), 200)
    },
  )
  app.openapi(
    createRoute({
      method: 'post',
      path: '/reconcile',
      operationId: 'reconcile',
      summary: 'Compare the ledgers with the billing provider',
      tags,
      security: BY_ADMIN,
      request: { body: jsonBody(reconcileSchema) },
      responses: {
        200: json(
          z.object({ accounts: z.array(reconciledSchema) }),
          'Charged here, reported there; whole minutes',
        ),
        ...problems(...WITH_ADMIN_KEY, ...WITH_INPUT, 'conflict'),
      },
    }),
    async (c) => {
      if (!billing) throw new AppError('conflict', 'no billing provider is configured')
      const { from, to } = c.req.valid('json')
      const start = Math.floor(Date.parse(from) / MINUTE_MS) * MINUTE_MS
      const end = Math.ceil(Date.parse(to) / MINUTE_MS) * MINUTE_MS
      const rows = await reconcile(accounts, await directory.list(), billing, start, end)
      return c.json({ accounts: rows }, 200)
    },
  )
  const access: Access = { as: 'admin', guard: () => async (_, next) => next() }
  app.route('/accounts/:account', accountRoutes(deps, access))
  app.route('/accounts/:account', keyRoutes(deps, access))
  return app
}
