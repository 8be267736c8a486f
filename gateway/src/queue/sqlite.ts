/** Node's SQLite; loading it prints that it is experimental, which tells a user nothing (docs/decisions/0018-gateway.md). */
function loadSqlite(): typeof import('node:sqlite') {
  const { emitWarning } = process
  process.emitWarning = () => undefined
  try {
    return process.getBuiltinModule('node:sqlite')
  } finally {
    process.emitWarning = emitWarning
  }
}
export const sqlite = loadSqlite()
