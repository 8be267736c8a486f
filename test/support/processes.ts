import { readdirSync, readFileSync } from 'node:fs'

/** Why a test cannot find processes by their parents; undefined where it can. */
export const noProc = process.platform === 'linux' ? undefined : 'no /proc'

/** The processes that this one has started and that still run, with their command lines. */
function allOf(parent: number): { pid: number; command: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), stat: read(`/proc/${name}/stat`) }))
    .filter(({ stat }) => Number(stat.slice(stat.lastIndexOf(')')).split(' ')[2]) === parent)
    .map(({ pid }) => ({ pid, command: read(`/proc/${pid}/cmdline`) }))
}

/** Those of a name. */
export const childrenOf = (parent: number, command: string): number[] =>
  allOf(parent)
    .filter((child) => child.command.includes(command))
    .map(({ pid }) => pid)

/** @throws Error where there is none */
export function childOf(parent: number, command: string): number {
  const found = allOf(parent).find((child) => child.command.includes(command))
  if (!found) throw new Error(`process ${parent} has no child "${command}"`)
  return found.pid
}

/** '' of a process that has ended meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
