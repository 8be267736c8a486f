import type { Account, AccountInput, KeyInfo, Plan, Scope, Settings, UsageRow } from '@detl/core/api/account'
import type { KeyMode } from '@detl/core/api/api-key'
import type { ProblemCode } from '@detl/core/api/problem'

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
  /** Of the key, ms since the epoch; null is never. Of a token null too: its issuer decides what its holder may do, and for how long. */
  readonly expires: number | null
}

/** Who changes something: for the audit log, and by what right; nobody's right limits who runs the service. */
export type By = { readonly actor: string; readonly principal?: Principal | undefined }

/** Who does something with what keys of one mode made: live and test keys of an account have nothing in common but its books. */
export type Doer = { readonly actor: string; readonly mode: KeyMode }

/** What the RateLimit fields say (draft-ietf-httpapi-ratelimit-headers-10). */
export type RateLimit = {
  readonly policy: string
  /** Tokens of the full bucket, and seconds in which it fills. */
  readonly quota: number
  readonly windowS: number
  /** Whole tokens left. */
  readonly remaining: number
  /** Seconds until the bucket is full again. */
  readonly resetS: number
}

/** The ledger's no, as a problem. */
export type Denial = {
  readonly ok: false
  readonly code: ProblemCode
  readonly detail: string
  readonly retryAfterS?: number
  readonly rates?: readonly RateLimit[]
}

/** The ledger's yes: the credential holds, has the scope and is within its rate. */
export type Authorized = {
  readonly ok: true
  readonly principal: Principal
  readonly plan: Plan['kind']
  readonly settings: Settings
  readonly rates: readonly RateLimit[]
}

export type OpenRequest = {
  readonly credential: Credential
  /** Of the screening and of its entry; unique. */
  readonly id: string
  readonly idempotencyKey: string | undefined
  readonly leaseMs: number
  /** Another entry of the same request, whose work goes on only once this one's is done: both are one of the screenings at once. */
  readonly within?: string | undefined
}

/** What is kept of an answer so that a repeat of its request gets the same one: see `seal.ts`. */
export type KeptAnswer = { readonly entry: string; readonly fingerprint: string; readonly sealed: Uint8Array }
/** Another request with the same Idempotency-Key was answered first: its answer is the one to give. */
export type Replay = KeptAnswer & { readonly ok: 'replay' }

/** `kept`: the answer of an earlier request with the same Idempotency-Key; `job`: the job that it became. */
export type Opened = (Authorized & { readonly kept?: KeptAnswer; readonly job?: Job }) | Denial

/** How the work of a screening ended. */
export type Outcome =
  | { readonly answered: true; readonly fingerprint?: string; readonly sealed?: Uint8Array }
  | { readonly answered: false; readonly code: string }
export type Settled = { readonly ok: true } | Replay | Denial

export type BatchRow = { readonly id: string; readonly created: number }

export type OpenItems = {
  readonly credential: Credential
  readonly batch: string
  /** Of the items' screenings and entries: the same at each attempt. */
  readonly ids: readonly string[]
  readonly leaseMs: number
}
/** By item, in order; a denial ends the list, and concerns all that are not in it. */
export type ItemsOpened =
  | (Authorized & { readonly states: readonly ('reserved' | 'charged')[]; readonly denial?: Denial })
  | Denial
export type ItemEnd = { readonly id: string; readonly outcome: Outcome }

export type JobState = 'queued' | 'succeeded' | 'failed' | 'cancelled'
export type Job = {
  readonly id: string
  readonly mode: KeyMode
  readonly state: JobState
  readonly createdAt: number
  readonly expiresAt: number
  readonly fingerprint: string
  /** Sealed: the tensor while it waits, the answer once it is there (`seal.ts`). */
  readonly input: Uint8Array | undefined
  readonly output: Uint8Array | undefined
  readonly problem: { readonly code: string; readonly detail: string } | undefined
}
export type NewJob = {
  readonly id: string
  readonly mode: KeyMode
  readonly fingerprint: string
  readonly input: Uint8Array
  readonly leaseMs: number
  readonly dueMs: number
}
export type JobEnd =
  | { readonly answered: true; readonly output: Uint8Array }
  | { readonly answered: false; readonly code: string; readonly detail: string }

export type Webhook = { readonly id: string; readonly url: string; readonly createdAt: string }

export type AuditPage = {
  readonly entries: {
    readonly at: string
    readonly actor: string
    readonly action: string
    readonly code?: string
    readonly detail: string
  }[]
  readonly next?: string
}

/** An account as it is, and how often it was changed. */
export type Standing = { readonly account: Account; readonly revision: number }

/** A charge as it goes to the billing provider; `entry` is unique for ever. */
export type Charge = { readonly entry: string; readonly at: number }

export type KeyRow = {
  readonly id: string
  readonly hash: string
  readonly prefix: string
  readonly name: string
  readonly mode: KeyMode
  /** Space-separated. */
  readonly scopes: string
  readonly created: number
  readonly expires: number | null
  readonly revoked: number | null
}
export type NewKey = Omit<KeyRow, 'revoked' | 'created'>
export type NewSecret = Pick<KeyRow, 'id' | 'hash' | 'prefix'>
/** A key as it is after a change, or why there was none. */
export type Changed = { readonly ok: true; readonly key: KeyInfo } | Denial

/** An account and its first keys that the deployment's configuration brings. */
export type Seed = { readonly account: AccountInput; readonly keys: readonly NewKey[] }

/**
 * Everything of one account: who may act for it, what it may do, what it did and owes. Every method is one transaction, and all of an
 * account's requests pass through here one after another: that is what makes a revocation take hold at the next request, and a
 * screening charged once. Times are milliseconds since the epoch.
 */
export type Ledger = {
  /** @param mode whose settings it shows: test keys have their own, once they have set some */
  account(mode?: KeyMode): Account | undefined
  /** The account, and the revision that a change of it may be bound to. */
  standing(mode?: KeyMode): Standing | undefined
  /** @param revision that the account must have. @returns undefined where it has another one */
  configure(input: AccountInput, actor: string, revision?: number): Standing | undefined
  setSettings(settings: Settings, by: Doer, revision?: number): Standing | undefined
  /** @param reference of the payment: the same one again adds nothing */
  addCredits(amount: number, reference: string, actor: string): Account
  /** What is there already stays as it is. */
  seed(seed: Seed): void

  // A key makes, rotates and revokes only keys that have nothing that it has not itself: mode, scopes and time (`giving.ts`).
  /** One that is given no end has that of the key that makes it. */
  addKey(row: NewKey, by: By): Changed
  key(id: string): KeyRow | undefined
  listKeys(only?: 'test'): KeyInfo[]
  revokeKey(id: string, by: By): Changed
  /** A successor with all that the old key has, its end too; the old one holds for `overlapMs` more, so that both work while clients change over. */
  rotateKey(oldId: string, made: NewSecret, overlapMs: number, by: By): Changed

  authorize(credential: Credential, scope: Scope): Authorized | Denial
  /** Authorisation and reservation of one screening. */
  open(request: OpenRequest): Opened
  /** Charges a screening that was answered, or gives back its reservation. */
  settle(entry: string, outcome: Outcome): Settled
  /** Counts a request that found a kept answer: `replayed`, or why it did not get it. */
  countRepeat(by: Pick<Principal, 'key' | 'mode'>, outcome: string): void

  /** Turns a reservation into a job: it waits, sealed, until a consumer of the queue takes it, or its lease ends and with it the job. */
  createJob(job: NewJob): { readonly ok: true } | Denial
  /** @param mode of the key that asks: one of the other mode is none to it; absent for the queue's consumer */
  job(id: string, mode?: KeyMode): Job | undefined
  /** @returns whether this call ended it; the second consumer of a message that came twice gets false */
  endJob(id: string, end: JobEnd): boolean
  /** A job that waits is cancelled and costs nothing; of one that has ended the answer is forgotten. */
  cancelJob(id: string, by: Doer): Job | undefined
  /** Jobs that the queue should be told of: their message may have been lost, or they ended with their lease. Due again after `dueMs`. */
  dueJobs(dueMs: number): string[]

  /**
   * Authorisation and reservation of a batch's items. Whoever works on one again, after the first one died, finds the same entry: one that
   * was charged is screened again for nothing. Items are not counted among the screenings at once, nor among requests a minute: how
   * many are under way, the batch decides.
   */
  openItems(request: OpenItems): ItemsOpened
  settleItems(ends: readonly ItemEnd[]): Settled[]
  addBatch(id: string, by: Doer): void
  /** Of keys of this mode, newest first. */
  batches(limit: number, mode: KeyMode): BatchRow[]
  hasBatch(id: string, mode: KeyMode): boolean
  /** How many of the account's workers a batch may have now that it asks for some. */
  shareOf(batch: string, workers: number): number
  removeBatch(id: string): void
  /** For the audit log: what its owner did with a batch. */
  noteBatch(id: string, actor: string, what: string): void

  addWebhook(id: string, url: string, by: Doer): Webhook
  webhooks(mode: KeyMode): Webhook[]
  /** Who is told of a job or batch: the webhooks of its mode. */
  receivers(about: string): Webhook[]
  removeWebhook(id: string, by: Doer): boolean

  // A test key is shown what test keys did; a live key, and who runs the service, all.
  /** @param from @param to days, `YYYY-MM-DD` in UTC, both inclusive */
  usage(from: string, to: string, only?: 'test'): UsageRow[]
  /** Newest first. @param before the `next` of the page before */
  auditLog(limit: number, before?: string, only?: 'test'): AuditPage

  /** Charges that the billing provider should be told of now: never sent, or sent so long ago without a confirmation that they may be lost. */
  dueExports(limit: number): Charge[]
  /** On their way; sent again after `retryMs`, then twice that, and so on, until they are confirmed. */
  exportsSent(entries: readonly string[], retryMs: number): void
  /** The provider has them. */
  exportsConfirmed(entries: readonly string[]): void
  /** How many were charged in [from, to): what the billing provider should have too. */
  charged(from: number, to: number): number
  chargedEntries(from: number, to: number): string[]

  /** Lapses leases and forgets the answers whose time is over. */
  tidy(): void
  /** When there is next something to tidy, send or export. */
  nextDue(): number | undefined
}
