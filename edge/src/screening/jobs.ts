import { type Frame, frameOf, screeningOf } from '@detl/core/answers/json'
import type { Settings } from '@detl/core/api/account'
import type { KeyMode } from '@detl/core/api/api-key'
import { AppError, codeOf, passes } from '@detl/core/api/problem'
import type { TakenIn } from '@detl/core/intake/taken-in'
import type { Language } from '@detl/core/model/classes'
import type { Manifest } from '@detl/core/model/manifest'
import type { Accounts } from '../accounts.ts'
import { JOB_DUE_MS, type JobMessage } from '../ledger/job-message.ts'
import type { JobEnd } from '../ledger/ledger.ts'
import type { Sealer } from '../seal.ts'
import type { Infer } from '../upstream.ts'
import type { NotifyReceivers } from '../webhooks/notify.ts'
import { scoredBy } from './answer-of.ts'

export type SubmitDeps = {
  readonly accounts: Accounts
  readonly sealer: Sealer
  readonly manifest: Manifest
  readonly sendJob: (message: JobMessage) => Promise<void>
}
export type JobDeps = Omit<SubmitDeps, 'sendJob'> & {
  readonly infer: Infer
  readonly notify: NotifyReceivers
}

/** How long a job may wait for the GPU before its place in the ledger lapses, and it with it. */
const LEASE_MS = 2 * 3600_000
const MAX_ATTEMPTS = 10

type Input = {
  readonly frame: Frame
  readonly settings: Settings
  /** Absent in jobs that were waiting when it came in. */
  readonly language?: Language
  readonly tensor: string
}

/** Puts a reserved screening aside: its tensor, sealed, and what JSON says of its image; nothing else of it is kept. */
export async function submitJob(
  { accounts, sealer, manifest, sendJob }: SubmitDeps,
  of: {
    account: string
    id: string
    fingerprint: string
    intake: TakenIn
    preprocessedBy: Frame['preprocessedBy']
    settings: Settings
    language: Language
    mode: KeyMode
  },
): Promise<void> {
  const { account, id, fingerprint, intake, preprocessedBy, settings, language, mode } = of
  const tensor = btoa(String.fromCharCode(...intake.preprocessed.tensor))
  const input: Input = { frame: frameOf(intake, manifest, preprocessedBy), settings, language, tensor }
  const sealed = await sealer.sealBytes(
    `job:${account}:${id}`,
    new TextEncoder().encode(JSON.stringify(input)),
  )
  const job = { id, mode, fingerprint, input: sealed, leaseMs: LEASE_MS, dueMs: JOB_DUE_MS }
  const made = await accounts(account).createJob(job)
  if (!made.ok) throw new AppError(made.code, made.detail)
  // The job is there: should its message be lost here, the ledger sends another.
  await sendJob({ account, id }).catch((error: unknown) =>
    console.warn(JSON.stringify({ level: 'warn', event: 'job-message-lost', id, error: String(error) })),
  )
}

/** The queue's consumer: infer, charge, keep the answer sealed, tell the webhooks. @returns seconds after which to try again */
export async function runJob(
  deps: JobDeps,
  { account, id }: JobMessage,
  attempt: number,
): Promise<number | undefined> {
  const ledger = deps.accounts(account)
  const job = await ledger.job(id)
  if (!job) return undefined
  if (job.state === 'queued' && job.input) {
    const end = await endOf(deps, account, { id, mode: job.mode, input: job.input }, attempt)
    if (typeof end === 'number') return end
    await ledger.endJob(id, end)
  }
  // Also for a job that had ended before: its Worker may have died before it could tell.
  const ended = await ledger.job(id)
  if (ended?.state === 'succeeded' || ended?.state === 'failed')
    await deps.notify(account, await ledger.receivers(id), id, ended.state)
  return undefined
}

/** How a job ends, or seconds after which to try again. */
async function endOf(
  { sealer, manifest, infer }: JobDeps,
  account: string,
  { id, mode, input }: { id: string; mode: KeyMode; input: Uint8Array },
  attempt: number,
): Promise<JobEnd | number> {
  const opened = await sealer.openBytes(`job:${account}:${id}`, input)
  const { frame, settings, language = 'en', tensor } = JSON.parse(new TextDecoder().decode(opened)) as Input
  try {
    const { signal } = new AbortController()
    const call = { requestId: id, mode, signal, fallback: settings.fallback }
    const bytes = Uint8Array.from(atob(tensor), (c) => c.charCodeAt(0))
    const inference = await infer(bytes, call)
    const screening = screeningOf(frame, scoredBy(manifest, { id, inference }, { settings, language }))
    const output = new TextEncoder().encode(JSON.stringify(screening))
    return { answered: true, output: await sealer.sealBytes(`answer:${account}:${id}`, output) }
  } catch (error) {
    if (passes(error) && attempt < MAX_ATTEMPTS) return Math.min(300, 2 ** attempt)
    const code = codeOf(error)
    if (code === 'internal')
      console.error(JSON.stringify({ level: 'error', event: 'job-failed', id, error: String(error) }))
    return { answered: false, code, detail: error instanceof AppError ? error.detail : 'see the log' }
  }
}
