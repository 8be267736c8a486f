import { webhookInputSchema } from '@detl/core/api/job'
import { AppError } from '@detl/core/api/problem'
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Accounts } from '../accounts.ts'
import type { EdgeContext } from '../context.ts'
import { doer, requireScope } from '../middleware/auth.ts'
import { invalidInput } from '../middleware/problem.ts'
import { CreatedWebhook, Webhook } from '../schemas.ts'
import { checkReceiver } from '../webhooks/address.ts'
import { BY_KEY, json, jsonBody, problems, WITH_INPUT, WITH_KEY } from './documented.ts'

const MAX_WEBHOOKS = 10
const tags = ['account']

export type WebhookRouteDeps = {
  readonly accounts: Accounts
  readonly webhooks: {
    /** Receivers on loopback and plain HTTP: on a local start only. */
    readonly allowLocal: boolean
    /** Where receivers may listen. */
    readonly ports?: readonly number[]
    /** @param webhook `<account>:<webhook id>` */
    readonly secret: (webhook: string) => Promise<string>
    /** Drops what the webhook is still to be told. */
    readonly forget: (webhook: string) => Promise<void>
  }
}

/** Addresses that are told when a job has ended: jobs that keys of the same mode made. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a table of routes
export function webhookRoutes({ accounts, webhooks }: WebhookRouteDeps) {
  const app = new OpenAPIHono<EdgeContext>({ defaultHook: invalidInput })
  const security = BY_KEY
  const middleware = requireScope(accounts, 'account:write')

  app.openapi(
    createRoute({
      method: 'get',
      path: '/webhooks',
      operationId: 'listWebhooks',
      summary: 'Webhooks, without their secrets',
      tags,
      security,
      middleware,
      responses: {
        200: json(z.object({ webhooks: z.array(Webhook) }), 'Webhooks'),
        ...problems(...WITH_KEY),
      },
    }),
    async (c) => c.json({ webhooks: await accounts(c.get('account')).webhooks(c.get('mode')) }, 200),
  )
  app.openapi(
    createRoute({
      method: 'post',
      path: '/webhooks',
      operationId: 'createWebhook',
      summary:
        'Have an address told when a job has ended (Standard Webhooks); the secret is in this answer and nowhere else',
      tags,
      security,
      middleware,
      request: { body: jsonBody(webhookInputSchema) },
      responses: {
        201: json(CreatedWebhook, 'The webhook'),
        ...problems(...WITH_KEY, ...WITH_INPUT, 'webhook-refused', 'conflict'),
      },
    }),
    async (c) => {
      const account = c.get('account')
      const url = checkReceiver(c.req.valid('json').url, webhooks.allowLocal, webhooks.ports).href
      const ledger = accounts(account)
      if ((await ledger.webhooks(c.get('mode'))).length >= MAX_WEBHOOKS)
        throw new AppError('conflict', `an account has at most ${MAX_WEBHOOKS} webhooks of each mode`)
      const id = crypto.randomUUID()
      const made = await ledger.addWebhook(id, url, doer(c))
      return c.json({ ...made, secret: await webhooks.secret(`${account}:${id}`) }, 201)
    },
  )
  app.openapi(
    createRoute({
      method: 'delete',
      path: '/webhooks/{webhook}',
      operationId: 'deleteWebhook',
      summary: 'Tell an address no more',
      tags,
      security,
      middleware,
      request: { params: z.object({ webhook: z.uuid() }) },
      responses: {
        204: { description: 'It is told no more' },
        ...problems(...WITH_KEY, 'request-invalid', 'not-found'),
      },
    }),
    async (c) => {
      const [account, { webhook }] = [c.get('account'), c.req.valid('param')]
      const removed = await accounts(account).removeWebhook(webhook, doer(c))
      if (!removed) throw new AppError('not-found', 'there is no such webhook')
      await webhooks.forget(`${account}:${webhook}`)
      return c.body(null, 204)
    },
  )
  return app
}
