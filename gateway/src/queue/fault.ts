/** Why something did not work. No patient data. */
export type Fault = {
  readonly code: string
  readonly reason: string
  /** Seconds to wait, where the other side said so. */
  readonly retryAfterS?: number | undefined
  /** Trying again changes nothing. */
  readonly final?: boolean
}

/** What is under way when the gateway ends is no failure: it is due at the next start. */
export const STOPPED: Fault = { code: 'stopped', reason: 'the gateway ends' }

/** Something that did not work, as the queue remembers it. */
export class FaultError extends Error {
  readonly fault: Fault
  constructor(fault: Fault) {
    super(`${fault.code}: ${fault.reason}`)
    this.fault = fault
  }
}

export const faultOf = (error: unknown): Fault =>
  error instanceof FaultError ? error.fault : { code: 'internal', reason: String(error).slice(0, 500) }
