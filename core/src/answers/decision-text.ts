import type { Decision } from '../api/decision.ts'

type Held = Decision['classes'][number]
type Estimate = NonNullable<Held['sensitivity']>

/** What JSON states of a class's threshold, in a line to read, for representations that have no fields for it. */
export function decisionText(held: Held, operatingPoint: Decision['operatingPoint']): string {
  const side = held.positive ? 'At or above' : 'Below'
  const { sensitivity, specificity, prevalence, ppv, npv } = held
  const parts = [`${side} the threshold of ${percent(held.threshold)} (operating point: ${operatingPoint})`]
  if (sensitivity && specificity)
    parts.push(
      `sensitivity ${interval(sensitivity)}, specificity ${interval(specificity)} on held-out images`,
    )
  if (prevalence !== undefined) {
    const values = [ppv !== undefined && `PPV ${percent(ppv)}`, npv !== undefined && `NPV ${percent(npv)}`]
    parts.push(`${values.filter(Boolean).join(', ')} at a prevalence of ${percent(prevalence)}`)
  }
  return parts.join('; ')
}

const percent = (share: number) => `${Number((100 * share).toFixed(1))} %`
const interval = ({ value, low, high, n }: Estimate) =>
  `${percent(value)} (95 % CI ${percent(low)} to ${percent(high)}, n = ${n})`
