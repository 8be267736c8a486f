/**
 * `npm run -s bench -- gpu int8 --json > figures.json; node bench/cost.ts figures.json [--core-hour PRICE] [--gpu-hour PRICE --gpu-ms MS] [--starts N]`: what a thousand and a million
 * screenings take and cost, as the Markdown table of docs/deploy.md. Times are those of the figures, of the machine that they were measured on; prices are yours, in any currency.
 * A GPU's row needs its measured milliseconds a screening (docs/deploy.md says where to read them): none is assumed.
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Figure } from './run.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'core-hour': { type: 'string', default: '0.04' },
    'gpu-hour': { type: 'string' },
    'gpu-ms': { type: 'string' },
    starts: { type: 'string', default: '1' },
  },
})
const file = positionals[0]
if (positionals.length !== 1 || file === undefined || !values['gpu-hour'] !== !values['gpu-ms']) {
  console.error(
    'usage: node bench/cost.ts FIGURES.json [--core-hour PRICE] [--gpu-hour PRICE --gpu-ms MS] [--starts N]; FIGURES.json is what `npm run -s bench -- gpu int8 --json` printed',
  )
  process.exit(2)
}
const figures = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Figure>
const coreHour = amount('core-hour')
const runMs = measured('gpu.run_ms')
const int8Ms = runMs * measured('gpu.int8_vs_fp32')
const overheadMs = measured('gpu.overhead_ms')
const startMs = measured('gpu.cold_start_ms') * amount('starts')

console.log('| | a thousand | a million | cost of a million |\n|---|---|---|---|')
row('CPU: core time inside the network, floats', runMs, coreHour)
row('CPU: the same, 8-bit integers (`DETL_PRECISION=int8`)', int8Ms, coreHour)
row('CPU: core time around it, at most', overheadMs, coreHour)
if (values['gpu-hour']) row('GPU: time of the GPU', amount('gpu-ms'), amount('gpu-hour'))
const start = `${(startMs / 1000).toFixed(1)} s`
console.log(
  `| ${values.starts} start${values.starts === '1' ? '' : 's'} from zero | ${start} | ${start} | ${((startMs / 3.6e6) * coreHour).toPrecision(2)} |`,
)
console.log(`\nAt ${coreHour} an hour of a core.`)

/** One row: `ms` a screening, at `hour` for an hour of what it keeps busy. */
function row(what: string, ms: number, hour: number): void {
  const hours = (ms * 1e6) / 3.6e6
  console.log(
    `| ${what} | ${ms.toPrecision(3)} s | ${hours.toFixed(2)} h | ${(hours * hour).toPrecision(2)} |`,
  )
}

function measured(name: string): number {
  const value = figures[name]?.value
  if (typeof value === 'number') return value
  console.error(`${file} has no ${name}: make it with \`npm run -s bench -- gpu int8 --json\``)
  process.exit(2)
}

function amount(name: 'core-hour' | 'gpu-hour' | 'gpu-ms' | 'starts'): number {
  const value = Number(values[name])
  if (Number.isFinite(value) && value >= 0) return value
  console.error(`--${name} ${values[name]} is no number`)
  process.exit(2)
}
