import type { Estimate } from '@detl/core/model/manifest'

export const show = ({ value, low, high }: Estimate): string =>
  `${value.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`

export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
