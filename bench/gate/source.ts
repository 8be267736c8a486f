import type { GateSpec } from '@detl/core/gate/gate-spec'
import type { ChestModel } from '@detl/core/gate/likeness'

/** The text of core/src/gate/chest-model.ts. */
export function chestModelSource(
  { mean, components, variances, residualVariance, discriminant }: ChestModel,
  gate: GateSpec,
  from: { chests: number; sources: number; others: number },
): string {
  const steps = components.map(stepOf)
  const bytes = [
    ...mean,
    ...components.flatMap((c, k) => [...c].map((value) => Math.round(value / steps[k]!) & 255)),
  ]
  const base64 = Buffer.from(bytes)
    .toString('base64')
    .replace(/(.{100})/g, '$1\n')
  return `// biome-ignore-all lint/suspicious/noApproximativeNumericConstant: fitted numbers
// Written by bench/gate/fit-gate.ts from ${from.chests} public chest X-rays of ${from.sources} sources and ${from.others} other pictures.
import type { GateSpec } from './gate-spec.ts'
import type { ChestModel } from './likeness.ts'

const SIDE = 24
const STEPS = [${steps.join(', ')}]

/** Bytes: the mean, then each component as signed multiples of its step. */
const BYTES = Uint8Array.from(
  atob(
    \`
${base64}
\`.replaceAll('\\n', ''),
  ),
  (letter) => letter.charCodeAt(0),
)

export const chestModel: ChestModel = {
  side: SIDE,
  mean: Float64Array.from(BYTES.subarray(0, SIDE * SIDE)),
  components: STEPS.map((step, k) =>
    Float64Array.from(
      new Int8Array(BYTES.buffer, (k + 1) * SIDE * SIDE, SIDE * SIDE),
      (value) => value * step,
    ),
  ),
  variances: ${JSON.stringify(variances)},
  residualVariance: ${residualVariance},
  discriminant: ${JSON.stringify(discriminant)},
}

/** The gate that training writes into a model's manifest. */
export const DEFAULT_GATE: GateSpec = ${JSON.stringify(gate)}
`
}

function stepOf(component: Float64Array): number {
  return Number((component.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127).toPrecision(4))
}
