import type { Estimate } from '@detl/core/model/manifest'

/** With fewer, an interval without width says that there was too little to resample, not that the value is sure. */
const FEW = 30

/** An estimate with its interval, to three digits; without an interval where too few images give none. */
export function show({ value, low, high, n }: Estimate): string {
  if (n === 0 || Number.isNaN(value)) return '– (no image)'
  if (n < FEW && low === high) return `${value.toFixed(3)} (too few for an interval: n = ${n})`
  return `${value.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`
}

export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
