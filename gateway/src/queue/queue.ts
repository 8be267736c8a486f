import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { AppError } from '@detl/core/api/problem'
import { atomically, openDatabase } from './database.ts'
import type { Fault } from './fault.ts'
import { Fetches } from './fetches.ts'
import { type RetryRules, retryAt } from './retry.ts'
import type { Answered, DeadLetter, Delivery, Identity, Item } from './rows.ts'
import { type Clocks, followClock } from './set-clock.ts'

/** An image as it was taken in: what is said of it counts if it has not come again as somebody else's meanwhile. */
type Taken = Pick<Item, 'id' | 'revision'>

/** The persistent queue of a gateway. Every method is one transaction. */
export class Queue {
  readonly #database: DatabaseSync
  readonly #rules: RetryRules
  readonly #now: () => number
  readonly #followClock: () => void
  readonly fetches: Fetches

  constructor(
    folder: string,
    rules: RetryRules,
    { now, steady }: Clocks = { now: Date.now, steady: () => performance.now() },
  ) {
    this.#database = openDatabase(folder)
    this.#rules = rules
    this.#now = now
    this.#followClock = followClock(this.#database, { now, steady })
    this.fetches = new Fetches({ database: this.#database, rules, now, count: (name) => this.#count(name) })
  }

  close(): void {
    this.#database.close()
  }

  find = (sopInstance: string): Item | undefined =>
    this.#row<Item>('SELECT * FROM items WHERE sop_instance = ?', sopInstance)
  item = (id: number): Item | undefined => this.#row<Item>('SELECT * FROM items WHERE id = ?', id)
  delivery = (id: number): Delivery | undefined =>
    this.#row<Delivery>('SELECT * FROM deliveries WHERE id = ?', id)
  deliveriesOf = (item: number): Delivery[] =>
    this.#rows<Delivery>('SELECT * FROM deliveries WHERE item = ? ORDER BY id', item)

  /** A new image, whose bytes lie in the spool already. @throws AppError conflict if the instance is there */
  add(identity: Identity, source: string): Item {
    const { sop_instance, sop_class, study, series, patient } = identity
    const now = this.#now()
    return atomically(this.#database, () => {
      if (this.find(sop_instance)) throw new AppError('conflict', 'the instance is there already')
      this.#run(
        `INSERT INTO items (sop_instance, sop_class, study, series, patient, source, received_at, state, due_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, 'received', ?)`,
        ...[sop_instance, sop_class, study, series, patient, source, now, now],
      )
      this.#count('received')
      return this.find(sop_instance)!
    })
  }

  /** Items to screen and deliveries to make whose time has come, the oldest first. */
  dueItems = (limit: number): Item[] => {
    this.#followClock()
    return this.#rows<Item>(
      `SELECT * FROM items WHERE state = 'received' AND due_at <= ? ORDER BY due_at, id LIMIT ?`,
      this.#now(),
      limit,
    )
  }
  dueDeliveries = (limit: number, { to = '', notTo = [] as readonly string[] } = {}): Delivery[] => {
    this.#followClock()
    return this.#rows<Delivery>(
      `SELECT d.* FROM deliveries d JOIN items i ON i.id = d.item AND i.state IN ('screened', 'refused')
       WHERE d.state = 'waiting' AND d.due_at <= ? AND ? IN ('', d.destination)
         AND d.destination NOT IN (SELECT value FROM json_each(?)) ORDER BY d.due_at, d.id LIMIT ?`,
      ...[this.#now(), to, JSON.stringify(notTo), limit],
    )
  }
  /** When the next of them is due, in ms since the epoch. */
  nextDue(): number | undefined {
    const { at } = this.#row<{ at: number | null }>(
      `SELECT min(at) AS at FROM (SELECT min(due_at) AS at FROM items WHERE state = 'received'
       UNION ALL SELECT min(d.due_at) FROM deliveries d JOIN items i ON i.id = d.item AND i.state IN ('screened', 'refused')
       WHERE d.state = 'waiting')`,
    )!
    return at ?? undefined
  }

  /** The service answered: what is to be delivered is in the queue from the same moment. */
  screened(item: Taken, answer: Answered, destinations: readonly string[]): void {
    this.#answered(item, 'screened', destinations, { ...answer, code: null, reason: null })
  }

  /** The image cannot be scored, which its readers are told. */
  refused(item: Taken, refusal: Fault & Pick<Answered, 'manifest'>, destinations: readonly string[]): void {
    this.#answered(item, 'refused', destinations, { json: null, ...refusal })
  }

  /** The manifest of the model that answered an image, as JSON. */
  manifestOf = ({ model }: Item): string | undefined =>
    this.#row<{ manifest: string }>('SELECT manifest FROM models WHERE name = ?', model ?? '')?.manifest

  /** It is no image for this gateway after all: nobody is told, and it is counted. */
  leftAlone(id: number, fault: Fault): void {
    atomically(this.#database, () => {
      this.#run(
        `UPDATE items SET state = 'done', code = ?, reason = ? WHERE id = ? AND state = 'received'`,
        ...[fault.code, fault.reason, id],
      )
      this.#count('left-alone')
    })
  }

  #answered(
    { id, revision }: Taken,
    state: 'screened' | 'refused',
    destinations: readonly string[],
    result: Omit<Answered, 'json'> & { json: string | null; code: string | null; reason: string | null },
  ): void {
    const now = this.#now()
    const { name, version } = result.manifest
    const model = `${name}@${version}`
    atomically(this.#database, () => {
      const { changes } = this.#run(
        `UPDATE items SET state = ?, answer = ?, model = ?, code = ?, reason = ?, answered_at = ?
         WHERE id = ? AND revision = ? AND state = 'received'`,
        ...[state, result.json, model, result.code, result.reason, now, id, revision],
      )
      if (changes === 0) return
      this.#run('INSERT OR IGNORE INTO models VALUES (?, ?)', model, JSON.stringify(result.manifest))
      this.#run('DELETE FROM deliveries WHERE item = ?', id) // of an earlier revision
      for (const destination of destinations)
        this.#run(
          `INSERT INTO deliveries (item, destination, state, due_at) VALUES (?, ?, 'waiting', ?)`,
          ...[id, destination, now],
        )
      this.#count(state)
    })
  }

  /** Tried in vain: due again later, or a dead letter. */
  itemFailed = (id: number, fault: Fault): void => this.#failed('items', 'received', id, fault)
  deliveryFailed = (id: number, fault: Fault): void => this.#failed('deliveries', 'waiting', id, fault)

  #failed(table: 'items' | 'deliveries', from: string, id: number, fault: Fault): void {
    const now = this.#now()
    atomically(this.#database, () => {
      const row = this.#row<Item | Delivery>(`SELECT * FROM ${table} WHERE id = ? AND state = ?`, id, from)
      if (!row) return
      const attempts = row.attempts + 1
      const firstTry = row.first_try ?? now
      const due = fault.final ? undefined : retryAt(this.#rules, { now, firstTry, attempts, ...fault })
      this.#run(
        `UPDATE ${table} SET state = ?, attempts = ?, first_try = ?, due_at = ?, code = ?, reason = ? WHERE id = ?`,
        ...[due === undefined ? 'dead' : from, attempts, firstTry, due ?? now, fault.code, fault.reason, id],
      )
      this.#count(due === undefined ? 'dead' : 'retried')
    })
  }

  /** @returns whether it was the item's last one: its image is needed no more */
  delivered(id: number): boolean {
    const now = this.#now()
    return atomically(this.#database, () => {
      this.#run(
        `UPDATE deliveries SET state = 'done', done_at = ?, code = NULL, reason = NULL WHERE id = ? AND state = 'waiting'`,
        ...[now, id],
      )
      this.#count('delivered')
      const { item } = this.delivery(id)!
      const open = this.deliveriesOf(item).some(({ state }) => state !== 'done')
      if (open) return false
      // Not where it came again as somebody else's meanwhile.
      const done = `UPDATE items SET state = 'done' WHERE id = ? AND state IN ('screened', 'refused')`
      return this.#run(done, item).changes === 1
    })
  }

  deadLetters = (): DeadLetter[] =>
    this.#rows<DeadLetter>(
      `SELECT 'i' || id AS name, sop_instance, study, NULL AS destination, attempts, code, reason FROM items WHERE state = 'dead'
       UNION ALL SELECT 'd' || d.id, i.sop_instance, i.study, d.destination, d.attempts, d.code, d.reason
       FROM deliveries d JOIN items i ON i.id = d.item WHERE d.state = 'dead'
       UNION ALL SELECT 'f' || id, sop_instance, study, archive, attempts, code, reason FROM fetches WHERE state = 'dead'`,
    )

  /** Puts dead letters back, with all their tries before them. @param name as `deadLetters` gives it; without it all. @returns how many */
  resend(name?: string): number {
    const now = this.#now()
    return atomically(this.#database, () => {
      let changed = 0
      for (const [letter, table, back] of [
        ['i', 'items', 'received'],
        ['d', 'deliveries', 'waiting'],
        ['f', 'fetches', 'waiting'],
      ] as const) {
        if (name !== undefined && name[0] !== letter) continue
        const one = name === undefined ? '' : ' AND id = ?'
        const { changes } = this.#run(
          `UPDATE ${table} SET state = '${back}', attempts = 0, first_try = NULL, due_at = ? WHERE state = 'dead'${one}`,
          ...[now, ...(name === undefined ? [] : [Number(name.slice(1))])],
        )
        changed += Number(changes)
      }
      return changed
    })
  }

  /**
   * A known image came again as somebody else's, or in another study: nothing more is delivered of it until a person puts it back. Its new
   * bytes lie in the spool under the next revision.
   */
  contradicted(id: number, { study, series, patient }: Identity, fault: Fault): void {
    atomically(this.#database, () => {
      this.#run(
        `UPDATE items SET state = 'dead', study = ?, series = ?, patient = ?, revision = revision + 1, answer = NULL, model = NULL,
         code = ?, reason = ? WHERE id = ?`,
        ...[study, series, patient, fault.code, fault.reason, id],
      )
      this.#count('contradicted')
    })
  }

  count(name: string, n = 1): void {
    atomically(this.#database, () => this.#count(name, n))
  }

  /** Since the folder was made. */
  counts = (): Record<string, number> =>
    Object.fromEntries(
      this.#rows<{ name: string; n: number }>('SELECT name, n FROM counts ORDER BY name').map(
        ({ name, n }) => [name, n],
      ),
    )

  /** How many there are in each state, and how long the oldest that waits has waited, in seconds. */
  state() {
    const by = (table: string) =>
      Object.fromEntries(
        this.#rows<{ state: string; n: number }>(
          `SELECT state, count(*) AS n FROM ${table} GROUP BY state`,
        ).map(({ state, n }) => [state, n]),
      ) as Record<string, number>
    const { at } = this.#row<{ at: number | null }>(
      `SELECT min(received_at) AS at FROM items WHERE state IN ('received', 'screened', 'refused')`,
    )!
    return {
      items: by('items'),
      deliveries: by('deliveries'),
      oldestS: at === null ? 0 : Math.max(0, this.#now() - at) / 1000,
    }
  }

  /** Images that are not done, and take room on the disk. */
  waiting = (): number =>
    this.#row<{ n: number }>(
      `SELECT count(*) AS n FROM items WHERE state IN ('received', 'screened', 'refused')`,
    )!.n
  /** Images whose files are needed still. */
  needed = (): Pick<Item, 'sop_instance' | 'revision'>[] =>
    this.#rows(`SELECT sop_instance, revision FROM items WHERE state <> 'done'`)
  /** Forgets what was done before a moment, and what no archive has listed since. */
  forget(before: number): void {
    this.#run(`DELETE FROM items WHERE state = 'done' AND received_at < ?`, before)
    this.#run(`DELETE FROM fetches WHERE state = 'waiting' AND due_at < ?`, before)
  }

  #count(name: string, n = 1): void {
    this.#run('INSERT INTO counts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET n = n + excluded.n', name, n)
  }
  #run = (sql: string, ...values: SQLInputValue[]) => this.#database.prepare(sql).run(...values)
  #row = <T>(sql: string, ...values: SQLInputValue[]) =>
    this.#database.prepare(sql).get(...values) as T | undefined
  #rows = <T>(sql: string, ...values: SQLInputValue[]) => this.#database.prepare(sql).all(...values) as T[]
}
