import { readdirSync, readFileSync } from 'node:fs'

/**
 * Whether a figure is one of ours: the processor time that programs of others take on this machine while it is measured, by /proc.
 * @param group id of the process group that is measured, beside this process
 * @returns its share of all processors since then, 0 … 1; NaN where the system does not say
 */
export function watchOthers(group: number): () => number {
  const before = look(group)
  return () => {
    const after = look(group)
    return (after.busy - after.ours - (before.busy - before.ours)) / (after.all - before.all)
  }
}

/** In clock ticks since the machine started. */
function look(group: number): { all: number; busy: number; ours: number } {
  try {
    // proc(5): cpu user nice system idle iowait irq softirq steal …; user has guest in it.
    const times = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]!.split(/ +/).slice(1, 9).map(Number)
    const all = times.reduce((sum, ticks) => sum + ticks, 0)
    let ours = 0
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) ours += ticksOf(pid, group)
    return { all, busy: all - times[3]! - times[4]!, ours }
  } catch {
    return { all: Number.NaN, busy: Number.NaN, ours: Number.NaN }
  }
}

function ticksOf(pid: string, group: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // Behind the command's parenthesis: state, parent, process group … with user and system time as the 14th and 15th field.
    const fields = stat.slice(stat.lastIndexOf(')')).split(' ')
    if (Number(fields[3]) !== group && pid !== String(process.pid)) return 0
    return Number(fields[12]) + Number(fields[13])
  } catch {
    return 0 // it ended between the two looks
  }
}
