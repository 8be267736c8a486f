import { DurableObject } from 'cloudflare:workers'

/** The one object that knows which accounts there are; only the admin API and reconciliation ask it, never a screening. */
export class Directory extends DurableObject<unknown> {
  constructor(state: DurableObjectState, env: unknown) {
    super(state, env)
    state.storage.sql.exec('CREATE TABLE IF NOT EXISTS accounts (id TEXT PRIMARY KEY)')
  }
  add(id: string): void {
    this.ctx.storage.sql.exec('INSERT OR IGNORE INTO accounts VALUES (?)', id)
  }
  list(): string[] {
    return this.ctx.storage.sql
      .exec<{ id: string }>('SELECT id FROM accounts ORDER BY id')
      .toArray()
      .map(({ id }) => id)
  }
}
