/**
 * `npm run bench [-- NAME…] [--json]`: runs bench/NAME.bench.ts (all without a name) one after another and prints each figure with its spread and
 * what it was measured against. Ratios of two things timed in one run; seconds of a shared machine mean little. A tool or a folder that a figure needs and
 * that is not here is named, and the run ends with exit code 1.
 */
import { readdir } from 'node:fs/promises'
import { parseArgs } from 'node:util'

/** One figure: `spread` is the interquartile range of the runs, in the same unit. */
export type Figure = { value: number; unit: string; runs: number; spread: number; against: string }
/** A figure that cannot be measured here: what is missing, and how to get it. The run then ends with exit code 1. */
export type Missing = { missing: string }

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } })
const folder = new URL('.', import.meta.url)
const names = (await readdir(folder))
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.slice(0, -'.bench.ts'.length))
const unknown = positionals.filter((name) => !names.includes(name))
if (unknown.length) {
  console.error(`no benchmark ${unknown.join(', ')}; there are ${names.join(', ')}`)
  process.exit(2)
}

const figures: Record<string, Figure> = {}
let failed = false
for (const name of positionals.length ? positionals : names) {
  if (!values.json) console.error(`bench/${name}.bench.ts …`)
  try {
    const run = (await import(new URL(`${name}.bench.ts`, folder).href)).default as () => Promise<
      Record<string, Figure | Missing>
    >
    for (const [name, figure] of Object.entries(await run())) {
      if (!('missing' in figure)) figures[name] = figure
      else {
        failed = true
        console.error(`${name}: NOT MEASURED: ${figure.missing}`)
      }
    }
  } catch (error) {
    failed = true
    console.error(`bench/${name}.bench.ts failed:`, error)
  }
}

if (values.json) console.log(JSON.stringify(figures, null, 2))
else {
  for (const [name, { value, unit, runs, spread, against }] of Object.entries(figures)) {
    console.log(
      `${name.padEnd(36)} ${format(value).padStart(10)} ${unit.padEnd(9)} ± ${format(spread).padEnd(8)} ${String(runs).padStart(4)} runs   ${against}`,
    )
  }
}
process.exit(failed ? 1 : 0)

function format(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3)
}
