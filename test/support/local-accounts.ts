import { DatabaseSync } from 'node:sqlite'
import type { Accounts, RemoteLedger } from '@detl/edge/accounts'
import type { Owner, RemoteKept } from '@detl/edge/kept/keeper'
import { type KeptStore, keptTable } from '@detl/edge/kept/kept-table'
import { createLedger } from '@detl/edge/ledger/create-ledger'
import type { Ledger } from '@detl/edge/ledger/ledger'
import type { Sql } from '@detl/edge/ledger/sql'

/** Ledgers in this process, each on a SQLite database of its own: what the Durable Objects run, without workerd. */
export function localAccounts(clock: () => number = Date.now) {
  const ledgers = new Map<string, Ledger>()
  const open = (id: string) => {
    const found = ledgers.get(id) ?? createLedger(id, nodeSql(), clock)
    ledgers.set(id, found)
    return found
  }
  const accounts: Accounts = (id) => remote(open(id))
  const names = new Set<string>()
  const directory = {
    add: async (id: string) => void names.add(id),
    list: async () => [...names].sort(),
  }
  return { accounts, directory, ledger: open }
}

/** Stores of kept objects, one for each account and mode. */
export function localKept(clock: () => number = Date.now): (owner: Owner) => RemoteKept {
  const tables = new Map<string, KeptStore>()
  return ({ account, mode }) => {
    const name = `${account}:${mode}`
    const found = tables.get(name) ?? keptTable(nodeSql(), clock)
    tables.set(name, found)
    return overRpc(found) as unknown as RemoteKept
  }
}

const remote = (ledger: Ledger) => overRpc(ledger) as unknown as RemoteLedger

/** An object as it is seen over RPC: each method as a promise. */
const overRpc = (object: object) =>
  Object.fromEntries(
    Object.entries(object).map(([name, method]) => [
      name,
      async (...args: never[]) => (method as (...values: never[]) => unknown)(...args),
    ]),
  )

/** node:sqlite with the interface of a Durable Object's. */
export function nodeSql(): Sql {
  const db = new DatabaseSync(':memory:')
  return {
    exec(query, ...bindings) {
      if (bindings.length === 0 && query.includes(';')) {
        db.exec(query)
        return { toArray: () => [] }
      }
      const values = bindings.map((value) => (value instanceof ArrayBuffer ? new Uint8Array(value) : value))
      const rows = db.prepare(query).all(...values)
      return { toArray: () => rows as never[] }
    },
  }
}
