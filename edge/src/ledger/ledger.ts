import {
  type Account,
  type AccountInput,
  DEFAULT_ACCOUNT_LIMITS,
  DEFAULT_SETTINGS,
  type KeyInfo,
  type Limits,
  type Plan,
  type Scope,
  type Settings,
} from '@detl/core/api/account'
import type { KeyMode } from '@detl/core/api/api-key'
import { auditLog } from './audit.ts'
import { levelStore, type RateLimit, tokenBuckets } from './bucket.ts'
import { entryTable, type KeptAnswer, type Outcome, type Refusal, type Settled } from './entries.ts'
import { type Job, jobTable } from './jobs.ts'
import { type KeyRow, keyTable } from './keys.ts'
import { createTables, isoOrNull, type Sql } from './sql.ts'

/** Who asks: the hash of a key, or a token that was verified already. */
export type Credential =
  | { readonly kind: 'key'; readonly hash: string }
  | { readonly kind: 'token'; readonly scopes: readonly string[]; readonly subject?: string }

export type Principal = {
  /** The key's id, or `token`. */
  readonly key: string
  /** Who acts, for the audit log: the same, with the subject of a token. */
  readonly actor: string
  readonly mode: KeyMode
  readonly scopes: readonly string[]
}
export type Admitted = {
  readonly ok: true
  readonly principal: Principal
  readonly plan: Plan['kind']
  readonly settings: Settings
  readonly rates: readonly RateLimit[]
}
export type Refused = Refusal & { readonly rates?: readonly RateLimit[] }
export type OpenRequest = {
  readonly credential: Credential
  /** Of the screening and of its entry; unique. */
  readonly id: string
  readonly idempotencyKey: string | undefined
  readonly leaseMs: number
}
/** `kept`: the answer of an earlier request with the same Idempotency-Key; `job`: the job that it became. */
export type Opened = (Admitted & { readonly kept?: KeptAnswer; readonly job?: Job }) | Refused

export type JobEnd =
  | { readonly answered: true; readonly output: Uint8Array }
  | { readonly answered: false; readonly code: string; readonly detail: string }

export type Webhook = { readonly id: string; readonly url: string; readonly createdAt: string }

/** An account and its first key that the deployment's configuration brings. */
export type Seed = {
  readonly account: AccountInput
  readonly keys: readonly Omit<KeyRow, 'revoked' | 'created'>[]
}

type AccountRow = {
  id: string
  name: string
  plan: string
  limits: string
  settings: string
  customer: string | null
  credits: number
  created: number
}

export type Ledger = ReturnType<typeof createLedger>

/**
 * Everything of one account, on its SQLite: who may act for it, what it may do, what it did and owes. Every method is one transaction,
 * and all of an account's requests pass through here one after another: that is what makes a revocation take hold at the next request, and a
 * screening charged once.
 */
export function createLedger(id: string, sql: Sql, clock: () => number) {
  createTables(sql)
  const keys = keyTable(sql)
  const entries = entryTable(sql)
  const jobs = jobTable(sql)
  const log = auditLog(sql, clock)
  const audit = log.add
  const take = tokenBuckets(levelStore(sql))
  sql.exec(
    'CREATE TABLE IF NOT EXISTS webhooks (id TEXT PRIMARY KEY, url TEXT NOT NULL, created INTEGER NOT NULL)',
  )

  function account(): Account | undefined {
    const row = sql.exec<AccountRow>('SELECT * FROM account').toArray()[0]
    if (!row) return undefined
    return {
      id: row.id,
      name: row.name,
      plan: JSON.parse(row.plan) as Plan,
      limits: JSON.parse(row.limits) as Limits,
      settings: JSON.parse(row.settings) as Settings,
      ...(row.customer !== null && { billingCustomer: row.customer }),
      credits: row.credits,
      createdAt: new Date(row.created).toISOString(),
    }
  }

  function configure(input: AccountInput, actor: string): Account {
    const before = account()
    sql.exec(
      `INSERT INTO account VALUES (?, ?, ?, ?, ?, ?, 0, ?) ON CONFLICT DO UPDATE SET
       name = excluded.name, plan = excluded.plan, limits = excluded.limits, customer = excluded.customer`,
      id,
      input.name,
      JSON.stringify(input.plan),
      JSON.stringify({ ...(before?.limits ?? DEFAULT_ACCOUNT_LIMITS), ...input.limits }),
      JSON.stringify(DEFAULT_SETTINGS),
      input.billingCustomer ?? null,
      clock(),
    )
    audit(actor, before ? 'account.changed' : 'account.created', `plan ${input.plan.kind}`)
    return account()!
  }

  /** One text for every key that does not hold: which of them it was is not the caller's to learn. */
  const unknownKey: Refusal = {
    ok: false,
    code: 'key-invalid',
    detail: 'this key is not known, has expired or was revoked',
  }

  function admit(credential: Credential, scope: Scope): Admitted | Refused {
    const found = account()
    const key = credential.kind === 'key' ? keys.valid(credential.hash, clock()) : undefined
    if (!found || (credential.kind === 'key' && !key)) return unknownKey
    const scopes = credential.kind === 'key' ? key!.scopes.split(' ') : credential.scopes
    const id = key?.id ?? 'token'
    const subject = credential.kind === 'token' ? credential.subject : undefined
    const actor = subject === undefined ? id : `${id} ${subject}`
    const principal: Principal = { key: id, actor, mode: key?.mode ?? 'live', scopes }
    const { limits, settings } = found
    const { limits: rates, retryAfterS } = take(
      [
        { policy: 'key', id: `key:${principal.key}`, quota: limits.perKeyPerMinute },
        { policy: 'account', id: 'account', quota: limits.perMinute },
      ],
      clock(),
    )
    if (retryAfterS !== undefined)
      return { ok: false, code: 'rate-limited', detail: 'see the RateLimit fields', retryAfterS, rates }
    if (!scopes.includes(scope))
      return { ok: false, code: 'scope-missing', detail: `it needs the scope ${scope}`, rates }
    return { ok: true, principal, plan: found.plan.kind, settings, rates }
  }

  const terms = () => {
    const { plan, limits, billingCustomer } = account()!
    return { plan, limits, exported: billingCustomer !== undefined }
  }

  return {
    account,
    configure,
    setSettings(settings: Settings, actor: string): Account {
      sql.exec('UPDATE account SET settings = ?', JSON.stringify(settings))
      audit(actor, 'settings.changed', '')
      return account()!
    },
    /** @param reference of the payment: the same one again adds nothing */
    addCredits(amount: number, reference: string, actor: string): Account {
      const seen = sql.exec('SELECT 1 AS n FROM topups WHERE reference = ?', reference).toArray().length > 0
      if (!seen) {
        sql.exec('INSERT INTO topups VALUES (?, ?, ?)', reference, amount, clock())
        sql.exec('UPDATE account SET credits = credits + ?', amount)
        audit(actor, 'credits.added', String(amount))
      }
      return account()!
    },
    seed({ account: input, keys: rows }: Seed): void {
      if (!account()) configure(input, 'deployment')
      for (const row of rows) keys.add({ ...row, created: clock() })
    },

    addKey(row: Omit<KeyRow, 'revoked' | 'created'>, actor: string): KeyInfo {
      audit(actor, 'key.created', row.id)
      return keys.add({ ...row, created: clock() })
    },
    key: keys.get,
    listKeys: keys.list,
    revokeKey(keyId: string, actor: string): KeyInfo | undefined {
      const revoked = keys.revoke(keyId, clock())
      if (revoked) audit(actor, 'key.revoked', keyId)
      return revoked
    },
    /** The old key holds for `overlapMs` more, so that both work while clients change over. */
    rotateKey(
      oldId: string,
      row: Omit<KeyRow, 'revoked' | 'created'>,
      overlapMs: number,
      actor: string,
    ): KeyInfo {
      keys.expire(oldId, clock() + overlapMs)
      audit(actor, 'key.rotated', `${oldId} to ${row.id}`)
      return keys.add({ ...row, created: clock() })
    },

    admit,
    /** Admission and reservation of one screening. */
    open({ credential, id: entry, idempotencyKey, leaseMs }: OpenRequest): Opened {
      const admitted = admit(credential, 'screenings:write')
      if (!admitted.ok) return admitted
      entries.lapse(clock())
      const { principal, rates } = admitted
      const earlier =
        idempotencyKey === undefined ? undefined : entries.entryOf(principal.mode, idempotencyKey, clock())
      const job = earlier === undefined ? undefined : jobs.get(earlier, clock())
      if (job) return { ...admitted, job }
      const { key, mode, actor } = principal
      const reserved = entries.reserve({ key, mode, id: entry, idempotencyKey, leaseMs }, terms(), clock())
      if (reserved.ok === true && actor !== key) log.actedAs(actor, entry)
      if (reserved.ok === true) return admitted
      if (reserved.ok === false) return { ...reserved, rates }
      const { ok: _, ...kept } = reserved
      return { ...admitted, kept }
    },
    settle: (entry: string, outcome: Outcome): Settled => entries.settle(entry, outcome, terms(), clock()),

    countRepeat: (by: Pick<Principal, 'key' | 'mode'>, outcome: string): void =>
      entries.countRepeat(by, outcome, clock()),

    /** Turns a reservation into a job: it waits, sealed, until a consumer of the queue takes it. */
    createJob(job: {
      id: string
      fingerprint: string
      input: Uint8Array
      leaseMs: number
      dueMs: number
    }): void {
      entries.extend(job.id, clock() + job.leaseMs)
      jobs.add(job.id, job.fingerprint, job.input, clock(), job.dueMs)
    },
    job: (jobId: string): Job | undefined => jobs.get(jobId, clock()),
    /** @returns whether this call ended it; the second consumer of a message that came twice gets false */
    endJob(jobId: string, end: JobEnd): boolean {
      const job = jobs.get(jobId, clock())
      if (job?.state !== 'queued') return false
      if (!end.answered) {
        entries.settle(jobId, end, terms(), clock())
        return jobs.end(jobId, 'failed', end, clock())
      }
      const settled = entries.settle(jobId, { answered: true }, terms(), clock())
      if (settled.ok === false) return jobs.end(jobId, 'failed', settled, clock())
      entries.answeredByJob(jobId, job.fingerprint, clock())
      return jobs.end(jobId, 'succeeded', end, clock())
    },
    /** A job that waits is cancelled and costs nothing; of one that has ended the answer is forgotten. */
    cancelJob(jobId: string, actor: string): Job | undefined {
      if (jobs.end(jobId, 'cancelled', {}, clock())) {
        entries.settle(jobId, { answered: false, code: 'cancelled' }, terms(), clock())
        audit(actor, 'screening.cancelled', jobId)
        return jobs.get(jobId, clock())
      }
      const job = jobs.get(jobId, clock())
      if (job && job.state !== 'cancelled') {
        jobs.forget(jobId)
        audit(actor, 'answer.deleted', jobId)
      }
      return job
    },
    dueJobs: (dueMs: number): string[] => jobs.takeDue(clock(), dueMs),

    addWebhook(webhookId: string, url: string, actor: string): Webhook {
      sql.exec('INSERT INTO webhooks VALUES (?, ?, ?)', webhookId, url, clock())
      audit(actor, 'webhook.created', webhookId)
      return { id: webhookId, url, createdAt: new Date(clock()).toISOString() }
    },
    webhooks: (): Webhook[] =>
      sql
        .exec<{ id: string; url: string; created: number }>('SELECT * FROM webhooks ORDER BY created, id')
        .toArray()
        .map(({ id: webhookId, url, created }) => ({ id: webhookId, url, createdAt: isoOrNull(created)! })),
    removeWebhook(webhookId: string, actor: string): boolean {
      const found = sql.exec('DELETE FROM webhooks WHERE id = ? RETURNING id', webhookId).toArray().length > 0
      if (found) audit(actor, 'webhook.removed', webhookId)
      return found
    },

    usage: entries.usage,
    auditLog: log.page,

    dueExports: (limit: number) => entries.dueExports(clock(), limit),
    exportsSent: (ids: readonly string[], retryMs: number): void =>
      entries.exportsSent(ids, clock(), retryMs),
    exportsConfirmed: entries.exportsConfirmed,
    charged: entries.charged,
    chargedEntries: entries.chargedEntries,
    /** Lapses leases and forgets the answers whose time is over. */
    tidy(): void {
      entries.lapse(clock())
      entries.forget(clock())
      jobs.forgetBefore(clock())
    },
    nextDue(): number | undefined {
      const dues = [entries.nextDue(), jobs.nextDue()].filter((due) => due !== undefined)
      return dues.length > 0 ? Math.min(...dues) : undefined
    },
  }
}
