import type { AccountInput } from '@detl/core/api/account'
import type { KeyMode } from '@detl/core/api/api-key'
import { authorize } from './authorize.ts'
import { type Books, openBooks } from './books.ts'
import { denial } from './denial.ts'
import { extend, lapse, nextLapse, reserve, reserveAgain, settle } from './entries.ts'
import { exportsOf } from './exports.ts'
import { beyond } from './giving.ts'
import { scopedKey } from './idempotency.ts'
import type { ItemsOpened, JobEnd, Ledger, Opened, OpenItems, OpenRequest } from './ledger.ts'
import type { Sql } from './sql.ts'

const ANOTHER_IMAGE = 'the Idempotency-Key was used for another image'

/** An account's ledger on its SQLite. @param clock ms since the epoch */
export function createLedger(id: string, sql: Sql, clock: () => number): Ledger {
  const books = openBooks(id, sql, clock)
  const { usage, audit, jobs, idempotency } = books
  const exports = exportsOf(books)
  return {
    ...ofTheAccount(books),
    ...ofKeys(books),
    authorize: (credential, scope) => authorize(books, credential, scope),
    open: (request) => open(books, request),
    settle: (entry, outcome) => settle(books, entry, outcome),
    countRepeat: (by, outcome) => usage.countToday(by, outcome),
    ...ofJobs(books),
    ...ofBatches(books),
    ...ofWebhooks(books),
    usage: usage.list,
    auditLog: audit.page,
    dueExports: exports.due,
    exportsSent: exports.sent,
    exportsConfirmed: exports.confirmed,
    charged: exports.charged,
    chargedEntries: exports.chargedEntries,
    tidy() {
      lapse(books)
      idempotency.forget()
      jobs.forgetOld()
    },
    nextDue() {
      const dues = [nextLapse(books), idempotency.nextDue(), exports.nextDue(), jobs.nextDue()]
      const known = dues.filter((due) => due !== undefined)
      return known.length > 0 ? Math.min(...known) : undefined
    },
  }
}

type OfTheAccount = Pick<Ledger, 'account' | 'standing' | 'configure' | 'setSettings' | 'addCredits' | 'seed'>

function ofTheAccount({ profile, keys, audit }: Books): OfTheAccount {
  const standing = (mode?: KeyMode) => {
    const account = profile.account(mode)
    return account && { account, revision: profile.revision() }
  }
  const other = (revision?: number) => revision !== undefined && revision !== profile.revision()
  function configure(input: AccountInput, actor: string, revision?: number) {
    if (other(revision)) return undefined
    const there = profile.account() !== undefined
    profile.configure(input)
    audit.add(actor, there ? 'account.changed' : 'account.created', `plan ${input.plan.kind}`)
    return standing()
  }
  return {
    account: profile.account,
    standing,
    configure,
    setSettings(settings, { actor, mode }, revision) {
      if (other(revision)) return undefined
      profile.setSettings(settings, mode)
      audit.add(actor, 'settings.changed', '')
      return standing(mode)
    },
    addCredits(amount, reference, actor) {
      if (profile.addCredits(amount, reference)) audit.add(actor, 'credits.added', String(amount))
      return profile.account()!
    },
    seed({ account: input, keys: rows }) {
      if (!profile.account()) configure(input, 'deployment')
      for (const row of rows) keys.add(row)
    },
  }
}

type OfKeys = Pick<Ledger, 'addKey' | 'key' | 'listKeys' | 'revokeKey' | 'rotateKey'>

function ofKeys({ keys, audit, clock }: Books): OfKeys {
  const noKey = () => denial('not-found', 'there is no such key')
  return {
    addKey(row, { actor, principal }) {
      const given = { ...row, expires: row.expires ?? principal?.expires ?? null }
      const no = beyond(principal, given)
      if (no) return no
      audit.add(actor, 'key.created', row.id)
      return { ok: true, key: keys.add(given) }
    },
    key: keys.get,
    listKeys: keys.list,
    revokeKey(id, { actor, principal }) {
      const row = keys.get(id)
      if (!row) return noKey()
      const no = beyond(principal, row)
      if (no) return no
      audit.add(actor, 'key.revoked', id)
      return { ok: true, key: keys.revoke(id)! }
    },
    rotateKey(oldId, made, overlapMs, { actor, principal }) {
      const old = keys.get(oldId)
      if (!old) return noKey()
      const no = beyond(principal, old)
      if (no) return no
      if (old.revoked !== null) return denial('conflict', 'the key was revoked; make a new one')
      if (old.expires !== null && old.expires <= clock())
        return denial('conflict', 'the key has expired; make a new one')
      keys.expireIn(oldId, overlapMs)
      audit.add(actor, 'key.rotated', `${oldId} to ${made.id}`)
      return { ok: true, key: keys.add({ ...old, ...made }) }
    },
  }
}

function open(books: Books, { credential, id, idempotencyKey, leaseMs, within }: OpenRequest): Opened {
  const authorized = authorize(books, credential, 'screenings:write')
  if (!authorized.ok) return authorized
  lapse(books)
  const { principal, rates } = authorized
  const { key, mode, actor } = principal
  const claim =
    idempotencyKey === undefined ? undefined : books.idempotency.find(scopedKey(mode, idempotencyKey))
  const job = claim && books.jobs.get(claim.entry)
  if (job) return { ...authorized, job }
  const reserved = reserve(books, { key, mode, id, idempotencyKey, leaseMs, within })
  if (reserved.ok === false) return { ...reserved, rates }
  if (reserved.ok === true) {
    if (actor !== key) books.audit.actedAs(actor, id)
    return authorized
  }
  const { ok: _, ...kept } = reserved
  return { ...authorized, kept }
}

type OfJobs = Pick<Ledger, 'createJob' | 'job' | 'endJob' | 'cancelJob' | 'dueJobs'>

function ofJobs(books: Books): OfJobs {
  const { jobs, audit, clock } = books
  return {
    createJob(job) {
      if (!extend(books, job.id, clock() + job.leaseMs))
        return denial('upstream-timeout', 'the screening took longer than its place was kept')
      jobs.add(job)
      return { ok: true }
    },
    job: jobs.get,
    endJob: (id, end) => endJob(books, id, end),
    cancelJob(id, { actor, mode }) {
      if (!jobs.get(id, mode)) return undefined
      if (jobs.end(id, 'cancelled', {})) {
        settle(books, id, { answered: false, code: 'cancelled' })
        audit.add(actor, 'screening.cancelled', id)
        return jobs.get(id)
      }
      const job = jobs.get(id)
      if (job && job.state !== 'cancelled') {
        jobs.forget(id)
        audit.add(actor, 'answer.deleted', id)
      }
      return job
    },
    dueJobs: jobs.takeDue,
  }
}

function endJob(books: Books, id: string, end: JobEnd): boolean {
  const { jobs } = books
  lapse(books)
  const job = jobs.get(id)
  if (job?.state !== 'queued') return false
  if (!end.answered) {
    jobs.end(id, 'failed', end)
    settle(books, id, end)
    return true
  }
  // The job keeps its answer itself.
  const settled = settle(books, id, { answered: true, fingerprint: job.fingerprint })
  if (settled.ok === false) return jobs.end(id, 'failed', settled)
  // Answered first by a request that came late: with the same image this is the same answer.
  if (settled.ok === 'replay' && settled.fingerprint !== job.fingerprint)
    return jobs.end(id, 'failed', { code: 'idempotency-mismatch', detail: ANOTHER_IMAGE })
  return jobs.end(id, 'succeeded', end)
}

type OfBatches = Pick<
  Ledger,
  'openItems' | 'settleItems' | 'addBatch' | 'batches' | 'hasBatch' | 'shareOf' | 'removeBatch' | 'noteBatch'
>

function ofBatches(books: Books): OfBatches {
  const { batches, audit } = books
  return {
    openItems: (request) => openItems(books, request),
    settleItems: (ends) => ends.map(({ id, outcome }) => settle(books, id, outcome)),
    addBatch(id, { actor, mode }) {
      if (batches.has(id, mode)) return
      batches.add(id, mode)
      audit.add(actor, 'batch.created', id)
    },
    batches: batches.list,
    hasBatch: batches.has,
    shareOf: batches.share,
    removeBatch: batches.remove,
    noteBatch: (id, actor, what) => audit.add(actor, `batch.${what}`, id),
  }
}

function openItems(books: Books, { credential, batch, ids, leaseMs }: OpenItems): ItemsOpened {
  const authorized = authorize(books, credential, 'screenings:write', { rated: false })
  if (!authorized.ok) return authorized
  const { key, mode, actor } = authorized.principal
  const states: ('reserved' | 'charged')[] = []
  for (const id of ids) {
    const state = reserveAgain(books, { id, key, mode, batch, leaseMs })
    if (typeof state !== 'string') return { ...authorized, states, denial: state }
    if (state === 'reserved' && actor !== key) books.audit.actedAs(actor, id)
    states.push(state)
  }
  return { ...authorized, states }
}

type OfWebhooks = Pick<Ledger, 'addWebhook' | 'webhooks' | 'receivers' | 'removeWebhook'>

const ofWebhooks = ({ webhooks, audit }: Books): OfWebhooks => ({
  addWebhook(id, url, { actor, mode }) {
    audit.add(actor, 'webhook.created', id)
    return webhooks.add(id, url, mode)
  },
  webhooks: webhooks.list,
  receivers: webhooks.of,
  removeWebhook(id, { actor, mode }) {
    const found = webhooks.remove(id, mode)
    if (found) audit.add(actor, 'webhook.removed', id)
    return found
  },
})
