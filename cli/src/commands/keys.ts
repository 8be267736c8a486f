import { accountIdSchema, SCOPES } from '@detl/core/api/account'
import type { components, paths } from '@detl/core/api/contract'
import { AppError } from '@detl/core/api/problem'
import { type Command, Option } from 'commander'
import { type AdminFlags, adminClient, answered, withAdminFlags } from '../admin-client.ts'
import { utcTime, wholeNumber } from '../option-values.ts'

type CreateFlags = AdminFlags & {
  mode: 'live' | 'test'
  name: string
  scope?: string[]
  expires?: string
  plan: string
}
type Account = paths['/v1/admin/accounts/{account}']['put']['requestBody']['content']['application/json']
type NewKey = paths['/v1/admin/accounts/{account}/keys']['post']['requestBody']['content']['application/json']

export function addKeysCommand(program: Command): void {
  const keys = program.command('keys').description('accounts and API keys of an edge')
  const command = (usage: string, description: string) =>
    withAdminFlags(keys.command(usage).description(description))

  command('create <account>', 'make a key, and the account if it is not there; the key is shown this once')
    .addOption(
      new Option('--mode <mode>', 'live is billed, test never').choices(['live', 'test']).default('test'),
    )
    .option('--name <name>', 'what the key is for', 'detl keys create')
    .option('--scope <scope...>', `what the key may do, of ${SCOPES.join(', ')} (default: the first three)`)
    .option('--expires <time>', 'ISO 8601 time in UTC, for example 2027-01-01T00:00:00Z', utcTime)
    .option('--plan <plan>', 'of a new account: prepaid, postpaid, or quota:N (a month)', 'postpaid')
    .action(createKey)

  command('list [account]', 'keys of an account, or the accounts').action(
    async (account: string | undefined, flags: AdminFlags) => {
      const edge = adminClient(flags)
      if (account === undefined) {
        for (const id of answered(await edge.GET('/v1/admin/accounts'), 'accounts').accounts) console.log(id)
        return
      }
      const found = await edge.GET('/v1/admin/accounts/{account}/keys', { params: { path: { account } } })
      for (const key of answered(found, 'keys').keys) console.log(line(key))
    },
  )

  command(
    'rotate <account> <key-id>',
    'make a successor of a key, shown this once; the old one holds a while longer',
  )
    .option('--overlap <hours>', 'for which both hold', '24')
    .action(async (account: string, key: string, flags: AdminFlags & { overlap: string }) => {
      const made = answered(
        await adminClient(flags).POST('/v1/admin/accounts/{account}/keys/{key}/rotate', {
          params: { path: { account, key } },
          body: { overlapSeconds: readHours(flags.overlap) * 3600 },
        }),
        'key',
      )
      console.log(made.key)
      console.error(
        `key ${made.id} of ${account} in place of ${key}, which holds for ${flags.overlap} h more: kept nowhere, note it now`,
      )
    })

  command('credits', 'add credits that were paid for, to a prepaid account')
    .argument('<account>')
    .argument('<amount>', 'how many', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .requiredOption('--reference <text>', 'of the payment: given again, it adds nothing')
    .action(async (account: string, amount: number, flags: AdminFlags & { reference: string }) => {
      const { credits } = answered(
        await adminClient(flags).POST('/v1/admin/accounts/{account}/credits', {
          params: { path: { account } },
          body: { amount: amount, reference: flags.reference },
        }),
        'credits',
      )
      console.log(`${account} has ${credits} credits`)
    })

  command('revoke <account> <key-id>', 'revoke a key, from the next request on').action(
    async (account: string, key: string, flags: AdminFlags) => {
      const params = { path: { account, key } }
      const gone = await adminClient(flags).DELETE('/v1/admin/accounts/{account}/keys/{key}', { params })
      console.log(line(answered(gone, 'id')))
    },
  )
}

/** Makes the key, and the account where there is none. @throws AppError request-invalid, and what the edge says */
async function createKey(account: string, flags: CreateFlags): Promise<void> {
  if (!accountIdSchema.safeParse(account).success)
    throw new AppError('request-invalid', 'the id of an account is 3 to 24 of a–z and 0–9')
  const edge = adminClient(flags)
  const path = { account }
  const known = await edge.GET('/v1/admin/accounts/{account}/account', { params: { path } })
  if (known.response.status === 404)
    answered(
      await edge.PUT('/v1/admin/accounts/{account}', {
        params: { path },
        body: { name: account, plan: readPlan(flags.plan), limits: {} },
      }),
      'id',
    )
  else answered(known, 'id')
  const body = {
    name: flags.name,
    mode: flags.mode,
    ...(flags.scope && { scopes: flags.scope }),
    ...(flags.expires && { expiresAt: flags.expires }),
  } as NewKey
  const made = answered(
    await edge.POST('/v1/admin/accounts/{account}/keys', { params: { path }, body }),
    'key',
  )
  console.log(made.key)
  console.error(
    `key ${made.id} of ${account} (${made.mode}; ${made.scopes.join(' ')}): kept nowhere, note it now`,
  )
}

function readHours(text: string): number {
  const hours = Number(text)
  if (!(text.trim() && Number.isInteger(hours * 3600) && hours >= 0))
    throw new AppError('request-invalid', '--overlap is hours, such as 24 or 0.5')
  return hours
}

function readPlan(text: string): Account['plan'] {
  const quota = /^quota:(\d+)$/.exec(text)
  if (quota) return { kind: 'quota', perMonth: Number(quota[1]) }
  if (text === 'prepaid' || text === 'postpaid') return { kind: text }
  throw new AppError('request-invalid', '--plan is prepaid, postpaid or quota:N')
}

function line(key: components['schemas']['Key']): string {
  const state = key.revokedAt
    ? `revoked ${key.revokedAt}`
    : key.expiresAt
      ? `expires ${key.expiresAt}`
      : 'does not expire'
  return [key.id, key.mode.padEnd(4), state, key.prefix, key.name, key.scopes.join(' ')].join('  ')
}
