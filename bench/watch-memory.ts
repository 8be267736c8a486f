import { readdirSync, readFileSync } from 'node:fs'

export type MemorySample = { readonly at: number; readonly mb: number }

/**
 * The resident memory of the largest workerd process of a group, by /proc, five times a second.
 * @param group id of the process group, or what gives it: it changes when the edge is started again
 */
export function watchMemory(group: number | (() => number | undefined)) {
  const samples: MemorySample[] = []
  const look = () => {
    const of = typeof group === 'number' ? group : group()
    let mb = 0
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
        // proc(5): behind the command's parenthesis state, parent, process group … and resident pages as the 24th field.
        const fields = stat.slice(stat.lastIndexOf(')')).split(' ')
        if (stat.includes('(workerd)') && Number(fields[3]) === of)
          mb = Math.max(mb, (Number(fields[22]) * 4096) / 1e6)
      } catch {} // it ended between the two looks
    }
    if (mb > 0) samples.push({ at: Date.now(), mb })
  }
  const timer = setInterval(look, 200)
  return {
    /** @returns MB (10⁶ bytes) over time, ms since the epoch */
    stop: (): readonly MemorySample[] => {
      clearInterval(timer)
      return samples
    },
  }
}
