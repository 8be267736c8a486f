import type { DatabaseSync } from 'node:sqlite'
import { atomically } from './database.ts'
import type { Fault } from './fault.ts'
import { type RetryRules, retryAt } from './retry.ts'

/** An image that an archive lists and that is not here. */
export type Listed = { readonly archive: string; readonly sop_instance: string; readonly study: string }

/** A try in vain to get one. */
type Fetch = Listed & {
  readonly state: 'waiting' | 'dead'
  readonly attempts: number
  readonly first_try: number | null
  readonly due_at: number
}

type Deps = {
  readonly database: DatabaseSync
  readonly rules: RetryRules
  readonly now: () => number
  readonly count: (name: string) => void
}

/** What archives list and did not give: each is asked for again when its time has come, and at last is a dead letter, as all that fails. */
export class Fetches {
  readonly #deps: Deps

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** Whether it is to be asked for now. */
  isDue({ archive, sop_instance }: Listed): boolean {
    const fetch = this.#find(archive, sop_instance)
    return !fetch || (fetch.state === 'waiting' && fetch.due_at <= this.#deps.now())
  }

  /** Asked for in vain. @returns whether it was the first time, and whether it is asked for no more */
  failed({ archive, sop_instance, study }: Listed, fault: Fault): { first: boolean; dead: boolean } {
    const { database, rules, now, count } = this.#deps
    const at = now()
    return atomically(database, () => {
      const before = this.#find(archive, sop_instance)
      const attempts = (before?.attempts ?? 0) + 1
      const firstTry = before?.first_try ?? at
      const due = fault.final ? undefined : retryAt(rules, { now: at, firstTry, attempts, ...fault })
      const state = due === undefined ? 'dead' : 'waiting'
      database
        .prepare(
          `INSERT INTO fetches (archive, sop_instance, study, state, attempts, first_try, due_at, code, reason)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (archive, sop_instance) DO UPDATE SET state = excluded.state, attempts = excluded.attempts,
             first_try = excluded.first_try, due_at = excluded.due_at, code = excluded.code, reason = excluded.reason`,
        )
        .run(archive, sop_instance, study, state, attempts, firstTry, due ?? at, fault.code, fault.reason)
      count(due === undefined ? 'dead' : 'retried')
      return { first: attempts === 1, dead: due === undefined }
    })
  }

  /** It was given, or is none of ours. */
  ended({ archive, sop_instance }: Listed): void {
    this.#deps.database
      .prepare('DELETE FROM fetches WHERE archive = ? AND sop_instance = ?')
      .run(archive, sop_instance)
  }

  #find = (archive: string, instance: string) =>
    this.#deps.database
      .prepare('SELECT * FROM fetches WHERE archive = ? AND sop_instance = ?')
      .get(archive, instance) as Fetch | undefined
}
