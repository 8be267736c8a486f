import {
  type Account,
  type AccountInput,
  DEFAULT_ACCOUNT_LIMITS,
  type Limits,
  type Plan,
  type Settings,
} from '@detl/core/api/account'
import type { KeyMode } from '@detl/core/api/api-key'
import { DEFAULT_SETTINGS } from '@detl/core/api/default-settings'
import { addColumn, type Sql } from './sql.ts'

type AccountRow = {
  id: string
  name: string
  plan: string
  limits: string
  settings: string
  customer: string | null
  credits: number
  created: number
  /** Of test keys, once they have set some: until then those of the account hold. */
  test_settings: string | null
  /** How often it was changed. */
  revision: number
}

/** The account itself: plan, limits, settings, credits. */
export function profileTable(id: string, sql: Sql, clock: () => number) {
  sql.exec(`CREATE TABLE IF NOT EXISTS account (
      id TEXT PRIMARY KEY, name TEXT NOT NULL, plan TEXT NOT NULL, limits TEXT NOT NULL, settings TEXT NOT NULL,
      customer TEXT, credits INTEGER NOT NULL, created INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS topups (reference TEXT PRIMARY KEY, amount INTEGER NOT NULL, at INTEGER NOT NULL)`)

  addColumn(sql, 'account', 'test_settings', 'TEXT')
  addColumn(sql, 'account', 'revision', 'INTEGER NOT NULL DEFAULT 0')

  const stored = () => sql.exec<AccountRow>('SELECT * FROM account').toArray()[0]
  /** @param mode whose settings */
  function account(mode: KeyMode = 'live'): Account | undefined {
    const row = stored()
    if (!row) return undefined
    return {
      id: row.id,
      name: row.name,
      plan: JSON.parse(row.plan) as Plan,
      limits: JSON.parse(row.limits) as Limits,
      settings: JSON.parse((mode === 'test' && row.test_settings) || row.settings) as Settings,
      ...(row.customer !== null && { billingCustomer: row.customer }),
      credits: row.credits,
      createdAt: new Date(row.created).toISOString(),
    }
  }

  return {
    account,
    /** Of the account as it is; another one after each change. */
    revision: (): number => stored()?.revision ?? 0,
    configure(input: AccountInput): void {
      sql.exec(
        `INSERT INTO account (id, name, plan, limits, settings, customer, credits, created) VALUES (?, ?, ?, ?, ?, ?, 0, ?)
         ON CONFLICT DO UPDATE SET revision = revision + 1, name = excluded.name, plan = excluded.plan, limits = excluded.limits, customer = excluded.customer`,
        id,
        input.name,
        JSON.stringify(input.plan),
        JSON.stringify({ ...(account()?.limits ?? DEFAULT_ACCOUNT_LIMITS), ...input.limits }),
        JSON.stringify(DEFAULT_SETTINGS),
        input.billingCustomer ?? null,
        clock(),
      )
    },
    setSettings(settings: Settings, mode: KeyMode): void {
      const column = mode === 'test' ? 'test_settings' : 'settings'
      sql.exec(`UPDATE account SET ${column} = ?, revision = revision + 1`, JSON.stringify(settings))
    },
    /** @returns false where the payment was counted before */
    addCredits(amount: number, reference: string): boolean {
      const seen = sql.exec('SELECT 1 AS n FROM topups WHERE reference = ?', reference).toArray().length > 0
      if (seen) return false
      sql.exec('INSERT INTO topups VALUES (?, ?, ?)', reference, amount, clock())
      sql.exec('UPDATE account SET credits = credits + ?', amount)
      return true
    },
    takeCredit: (): void => void sql.exec('UPDATE account SET credits = credits - 1'),
  }
}
