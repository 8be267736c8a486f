/**
 * Fits the gate's chest model and thresholds on ../shared/cxr and writes core/src/gate/chest-model.ts.
 *   node bench/gate/fit-gate.ts
 * Half of the groups (patients, case pages) fit the components; the other half give the thresholds.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { codecs } from '@detl/codecs/modules'
import { exposure } from '@detl/core/gate/exposure'
import { type ChestModel, thumbnail, unlikeness } from '@detl/core/gate/likeness'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { readReduced } from '@detl/core/intake/read'
import { cxrGrey } from '@detl/core/preprocess/spec'

const SIDE = 24
const COMPONENTS = 8
/** Share of held-out chest X-rays within each of the two distances. */
const ACCEPTED = 0.993

const root = new URL('../../', import.meta.url)
const data = new URL('../shared/cxr/', root)
const spec = cxrGrey(128)

type Sample = {
  thumb: Float64Array
  held: boolean
  contrast: number
  clipped: number
  aspect: number
  detail: number
}

const samples = await readSamples()
const fitted = samples.filter((sample) => !sample.held)
const held = samples.filter((sample) => sample.held)
const model = quantise(principalComponents(fitted.map((sample) => sample.thumb)))
const distances = held.map((sample) => unlikeness(sample.thumb, model))
const thresholds = {
  likeness: 'chest-pca@1',
  within: round(
    quantile(
      distances.map((distance) => distance.within),
      ACCEPTED,
    ),
  ),
  outside: round(
    quantile(
      distances.map((distance) => distance.outside),
      ACCEPTED,
    ),
  ),
  sure: { advantage: 1.5, within: 0.5 },
  detail: {
    min: round(
      quantile(
        samples.map((sample) => sample.detail),
        0.002,
      ),
    ),
    max: round(
      quantile(
        samples.map((sample) => sample.detail),
        0.998,
      ),
    ),
  },
  minSide: 96,
  smallSide: 256,
  maxChroma: 0.25,
  photographChroma: 0.02,
  minContrast: round(
    quantile(
      samples.map((sample) => sample.contrast),
      0.001,
    ) / 4,
  ),
  maxClipped: round(
    quantile(
      samples.map((sample) => sample.clipped),
      0.99,
    ),
  ),
  maxAspect: round(
    quantile(
      samples.map((sample) => sample.aspect),
      0.99,
    ),
  ),
}
writeFileSync(new URL('core/src/gate/chest-model.ts', root), source())
console.log({ fitted: fitted.length, held: held.length, ...thresholds })

async function readSamples(): Promise<Sample[]> {
  const rows = readFileSync(new URL('manifest.csv', data), 'utf8').trim().split('\n').slice(1)
  const out: Sample[] = []
  for (const row of rows) {
    const [file, , , group] = row.split(',') as [string, string, string, string]
    const options = { limits: DEFAULT_LIMITS, codecs }
    const { working, source } = await readReduced(readFileSync(new URL(file, data)), spec, options)
    const { contrast, clipped, aspect, detail } = exposure(working, spec, source.bits)
    const thumb = thumbnail(working, SIDE, spec)
    out.push({
      thumb,
      held: hash(group) % 2 === 1,
      contrast,
      clipped: Math.max(clipped.dark, clipped.bright),
      aspect,
      detail,
    })
  }
  return out
}

function hash(text: string): number {
  let value = 7
  for (const letter of text) value = (Math.imul(value, 31) + letter.charCodeAt(0)) >>> 0
  return value
}

/** The leading eigenvectors of the covariance, by subspace iteration. */
function principalComponents(thumbs: readonly Float64Array[]): ChestModel {
  const size = SIDE * SIDE
  const mean: Float64Array = new Float64Array(size)
  const covariance = Array.from({ length: size }, () => new Float64Array(size))
  for (const thumb of thumbs) {
    for (let i = 0; i < size; i++) mean[i]! += thumb[i]! / thumbs.length
  }
  for (const thumb of thumbs) {
    const centred = thumb.map((value, i) => value - mean[i]!)
    for (const [i, row] of covariance.entries()) {
      for (let j = 0; j < size; j++) row[j]! += (centred[i]! * centred[j]!) / thumbs.length
    }
  }
  let basis: Float64Array[] = Array.from({ length: COMPONENTS }, (_, k) =>
    Float64Array.from({ length: size }, (_, i) => Math.sin(i * (k + 1) * 1.3 + k)),
  )
  for (let step = 0; step < 100; step++) {
    basis = orthonormal(basis.map((vector) => Float64Array.from(covariance, (row) => dot(row, vector))))
  }
  const variances = basis.map((vector) =>
    dot(
      vector,
      Float64Array.from(covariance, (row) => dot(row, vector)),
    ),
  )
  const total = covariance.reduce((sum, row, i) => sum + row[i]!, 0)
  const explained = variances.reduce((sum, variance) => sum + variance, 0)
  return {
    side: SIDE,
    mean,
    components: basis,
    variances,
    residualVariance: (total - explained) / (size - COMPONENTS),
  }
}

function orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
  const out: Float64Array[] = []
  for (const vector of vectors) {
    let rest = vector
    for (const earlier of out) {
      const share = dot(rest, earlier)
      rest = rest.map((value, i) => value - share * earlier[i]!)
    }
    const length = Math.sqrt(dot(rest, rest))
    out.push(rest.map((value) => value / length))
  }
  return out
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0)
}

/** As stored: the mean in whole levels, the components in steps of their largest entry ÷ 127. */
function quantise(exact: ChestModel): ChestModel {
  return {
    ...exact,
    mean: exact.mean.map(Math.round),
    components: exact.components.map((component) => {
      const step = stepOf(component)
      return component.map((value) => Math.round(value / step) * step)
    }),
    variances: exact.variances.map(round),
    residualVariance: round(exact.residualVariance),
  }
}

function stepOf(component: Float64Array): number {
  return round(component.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127)
}

function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * share)]!
}

function round(value: number): number {
  return Number(value.toPrecision(4))
}

function source(): string {
  const steps = model.components.map(stepOf)
  const bytes = [
    ...model.mean,
    ...model.components.flatMap((c, k) => [...c].map((v) => Math.round(v / steps[k]!) & 255)),
  ]
  const text = Buffer.from(bytes)
    .toString('base64')
    .match(/.{1,100}/g)!
  return `// Written by bench/gate/fit-gate.ts from averages over ${fitted.length} public chest X-rays; thresholds from ${held.length} others.
import type { GateSpec } from './gate-spec.ts'
import type { ChestModel } from './likeness.ts'

const SIDE = ${SIDE}
const STEPS = [${steps.join(', ')}]

/** Bytes: the mean, then each component as signed multiples of its step. */
const BYTES = Uint8Array.from(atob(\`
${text.join('\n')}
\`.replaceAll('\\n', '')), (letter) => letter.charCodeAt(0))

export const chestModel: ChestModel = {
  side: SIDE,
  mean: Float64Array.from(BYTES.subarray(0, SIDE * SIDE)),
  components: STEPS.map((step, k) =>
    Float64Array.from(new Int8Array(BYTES.buffer, (k + 1) * SIDE * SIDE, SIDE * SIDE), (value) => value * step),
  ),
  variances: [${model.variances.join(', ')}],
  residualVariance: ${model.residualVariance},
}

/** For models whose manifest has no \`gate\`. */
export const DEFAULT_GATE: GateSpec = ${JSON.stringify(thresholds)}
`
}
