/** A job's message in the queue: who and which; what it works on waits in the ledger, sealed. */
export type JobMessage = { readonly account: string; readonly id: string }

/** A message that was not heard of for so long is sent again. */
export const JOB_DUE_MS = 60_000

/** A message that calls a worker to a batch's chunk; what is in it, and whether it is still to be done, the batch knows. */
export type BatchMessage = { readonly account: string; readonly batch: string; readonly chunk: number }
