import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** Why a test cannot find processes by their parents; undefined where it can. */
export const noProc = process.platform === 'linux' ? undefined : 'no /proc'

/** The processes that this one has started and that still run, with their command lines. */
function childrenOf(parent: number): { pid: number; command: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && existsSync(`/proc/${name}/stat`))
    .map((name) => ({ pid: Number(name), stat: readFileSync(`/proc/${name}/stat`, 'utf8') }))
    .filter(({ stat }) => Number(stat.slice(stat.lastIndexOf(')')).split(' ')[2]) === parent)
    .map(({ pid }) => ({ pid, command: readFileSync(`/proc/${pid}/cmdline`, 'utf8') }))
}

/** @throws Error where there is none */
export function childOf(parent: number, command: string): number {
  const found = childrenOf(parent).find((child) => child.command.includes(command))
  if (!found) throw new Error(`process ${parent} has no child "${command}"`)
  return found.pid
}
