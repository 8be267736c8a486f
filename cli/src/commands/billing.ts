import type { Command } from 'commander'
import { type AdminFlags, adminClient, answered, withAdminFlags } from '../admin-client.ts'
import { utcTime } from '../option-values.ts'

type ReconcileFlags = AdminFlags & { from?: string; to?: string; json?: boolean }

const DAY_MS = 24 * 3600_000
/** Charges are on their way to the provider for about so long. */
const SETTLED_MS = 3600_000

export function addBillingCommand(program: Command): void {
  const billing = program
    .command('billing')
    .description('what an edge charged, and what the billing provider knows of it')
  withAdminFlags(billing.command('reconcile'))
    .description('compare each account’s ledger with the billing provider; exit code 1 where they differ')
    .option('--from <time>', 'ISO 8601 in UTC, of a minute (default: 24 h before --to)', utcTime)
    .option(
      '--to <time>',
      'ISO 8601 in UTC, of a minute (default: an hour ago: later charges may be on their way)',
      utcTime,
    )
    .option('--json', 'one object a line')
    .action(async (flags: ReconcileFlags) => {
      const to = flags.to ? new Date(flags.to) : new Date(Date.now() - SETTLED_MS)
      const from = flags.from ? new Date(flags.from) : new Date(to.getTime() - DAY_MS)
      const body = { from: from.toISOString(), to: to.toISOString() }
      const { accounts } = answered(
        await adminClient(flags).POST('/v1/admin/reconcile', { body }),
        'accounts',
      )
      for (const row of accounts) {
        const { account, charged, reported, difference } = row
        console.log(
          flags.json
            ? JSON.stringify(row)
            : `${account}  charged ${charged}, reported ${reported}, difference ${difference}`,
        )
      }
      const wrong = accounts.filter(({ difference }) => difference !== 0).length
      console.error(
        `${body.from} to ${body.to}: ${accounts.length} billed accounts, ${wrong} with a difference`,
      )
      if (wrong > 0) process.exitCode = 1
    })
}
