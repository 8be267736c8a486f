import { type Frame, frameOf, screeningOf } from '@detl/core/answers/json'
import type { Settings } from '@detl/core/api/account'
import { AppError } from '@detl/core/api/problem'
import { readScores } from '@detl/core/api/screening'
import type { Intake } from '@detl/core/intake/intake'
import type { Manifest } from '@detl/core/model/manifest'
import type { Accounts } from './accounts.ts'
import type { JobEnd } from './ledger/ledger.ts'
import type { Sealer } from './seal.ts'
import type { Infer } from './upstream.ts'
import type { NotifyReceivers } from './webhooks/notify.ts'

/** A job's message in the queue: who and which; what it works on waits in the ledger, sealed. */
export type JobMessage = { readonly account: string; readonly id: string }

export type JobDeps = {
  readonly accounts: Accounts
  readonly sealer: Sealer
  readonly manifest: Manifest
  readonly infer: Infer
  readonly sendJob: (message: JobMessage) => Promise<void>
  readonly notify: NotifyReceivers
}

/** How long a job may wait for the GPU before its place in the ledger lapses. */
const LEASE_MS = 2 * 3600_000
/** A message that was not heard of for so long is sent again. */
export const JOB_DUE_MS = 60_000
const MAX_ATTEMPTS = 10
/** What passes by itself, and is tried again. */
const PASSING = new Set(['upstream-unavailable', 'upstream-timeout', 'overloaded'])

type Input = { readonly frame: Frame; readonly settings: Settings; readonly tensor: string }

/** Puts a reserved screening aside: its tensor, sealed, and what JSON says of its image; nothing else of it is kept. */
export async function submitJob(
  { accounts, sealer, manifest, sendJob }: Pick<JobDeps, 'accounts' | 'sealer' | 'manifest' | 'sendJob'>,
  of: { account: string; id: string; fingerprint: string; intake: Intake; settings: Settings },
): Promise<void> {
  const { account, id, fingerprint, intake, settings } = of
  const tensor = btoa(String.fromCharCode(...intake.preprocessed.tensor))
  const input: Input = { frame: frameOf(intake, manifest), settings, tensor }
  const sealed = await sealer.sealBytes(
    `job:${account}:${id}`,
    new TextEncoder().encode(JSON.stringify(input)),
  )
  await accounts(account).createJob({ id, fingerprint, input: sealed, leaseMs: LEASE_MS, dueMs: JOB_DUE_MS })
  // The job is there: should its message be lost here, the ledger sends another.
  await sendJob({ account, id }).catch((error: unknown) =>
    console.warn(JSON.stringify({ level: 'warn', event: 'job-message-lost', id, error: String(error) })),
  )
}

/** The queue's consumer: infer, charge, keep the answer sealed, tell the webhooks. @returns seconds after which to try again */
export async function runJob(
  { accounts, sealer, manifest, infer, notify }: JobDeps,
  { account, id }: JobMessage,
  attempt: number,
): Promise<number | undefined> {
  const ledger = accounts(account)
  const job = await ledger.job(id)
  if (!job) return undefined
  if (job.state === 'queued' && job.input) {
    const name = `job:${account}:${id}`
    const input = JSON.parse(new TextDecoder().decode(await sealer.openBytes(name, job.input))) as Input
    let end: JobEnd
    try {
      const tensor = Uint8Array.from(atob(input.tensor), (c) => c.charCodeAt(0))
      const { settings } = input
      const call = { requestId: id, signal: new AbortController().signal, fallback: settings.fallback }
      const { probabilities, cam, servedBy } = await infer(tensor, call)
      const scores = readScores(manifest, probabilities, cam)
      const screening = screeningOf(input.frame, { id, manifest, scores, servedBy, settings })
      const output = new TextEncoder().encode(JSON.stringify(screening))
      end = { answered: true, output: await sealer.sealBytes(`answer:${account}:${id}`, output) }
    } catch (error) {
      const code = error instanceof AppError ? error.code : 'internal'
      if (PASSING.has(code) && attempt < MAX_ATTEMPTS) return Math.min(300, 2 ** attempt)
      if (code === 'internal')
        console.error(JSON.stringify({ level: 'error', event: 'job-failed', id, error: String(error) }))
      end = { answered: false, code, detail: error instanceof AppError ? error.detail : 'see the log' }
    }
    await ledger.endJob(id, end)
  }
  // Also for a job that had ended before: its Worker may have died before it could tell.
  const ended = await ledger.job(id)
  if (ended?.state === 'succeeded' || ended?.state === 'failed')
    await notify(account, await ledger.webhooks(), id, ended.state)
  return undefined
}
