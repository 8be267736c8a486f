/**
 * Fits the gate on public chest X-rays and on pictures that are none, writes core/src/gate/chest-model.ts, and prints what it refuses:
 * of each source when that source was not used for the fit, and of pictures that were not used for it.
 *   node bench/gate/fit-gate.ts ../shared/cxr ../shared/cxr-more --others DIR [--write]
 * The first folders have a manifest.csv; DIR holds pictures of anything else. docs/decisions/0007 has the figures.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { likenessFeatures } from '@detl/core/gate/discriminant'
import type { Exposure } from '@detl/core/gate/exposure'
import { type ChestModel, unlikeness } from '@detl/core/gate/likeness'
import { EigenvalueDecomposition, Matrix, solve } from 'ml-matrix'
import { type Chest, type Picture, readChests, readOthers, SIDE } from './samples.ts'
import { chestModelSource } from './source.ts'

const COMPONENTS = 8
/** Share of the chest X-rays of a fit that its threshold lets through. */
const ACCEPTED = 0.996
/** Inverse of the ridge's weight, as in scikit-learn's LogisticRegression. */
const C = 0.1
/** Images of each source that a fit takes, so that a large source does not decide alone. */
const PER_SOURCE = 700
const OTHER_FOLDS = 5

const { values, positionals } = parseArgs({
  options: { others: { type: 'string' }, write: { type: 'boolean', default: false } },
  allowPositionals: true,
})
if (positionals.length === 0 || !values.others)
  throw new Error('expected folders of X-rays, and --others DIR')

const chests = await readChests(positionals)
const others = await readOthers(values.others)
const sources = [...new Set(chests.map((chest) => chest.source))].sort()
console.log(`${chests.length} chest X-rays of ${sources.length} sources, ${others.length} other pictures`)

for (const source of sources) {
  const left = chests.filter((chest) => chest.source === source)
  const rest = chests.filter((chest) => chest.source !== source)
  const refused: boolean[] = []
  let refusedOthers = 0
  for (let fold = 0; fold < OTHER_FOLDS; fold++) {
    const fit = fitGate(
      rest,
      others.filter(({ group }) => group % OTHER_FOLDS !== fold),
    )
    for (const chest of left) refused.push(refuses(fit, chest))
    refusedOthers += others
      .filter(({ group }) => group % OTHER_FOLDS === fold)
      .filter((o) => refuses(fit, o)).length
  }
  const share = refused.filter(Boolean).length / refused.length
  console.log(
    `without ${source}: refuses ${(100 * share).toFixed(1)} % of its ${left.length} X-rays, ${((100 * refusedOthers) / others.length).toFixed(1)} % of pictures not used for the fit`,
  )
}
const inFolds = Array.from({ length: OTHER_FOLDS }, (_, fold) => {
  const fit = fitGate(
    chests,
    others.filter(({ group }) => group % OTHER_FOLDS !== fold),
  )
  return others.filter(({ group }) => group % OTHER_FOLDS === fold).filter((o) => refuses(fit, o)).length
})
console.log(
  `of all sources: refuses ${((100 * inFolds.reduce((a, b) => a + b, 0)) / others.length).toFixed(1)} % of pictures not used for the fit`,
)
const final = fitGate(chests, others)
console.log({ refusedChests: chests.filter((chest) => refuses(final, chest)).length, ...final.gate })
if (values.write)
  writeFileSync(
    new URL('../../core/src/gate/chest-model.ts', import.meta.url),
    chestModelSource(final.model, final.gate, {
      chests: chests.length,
      sources: sources.length,
      others: others.length,
    }),
  )

type Fit = ReturnType<typeof fitGate>

function refuses({ model, gate }: Fit, { thumb, exposure }: Picture): boolean {
  return (
    exposure.detail < gate.detail.min ||
    exposure.detail > gate.detail.max ||
    exposure.contrast < gate.minContrast ||
    logOdds(model, thumb, exposure) > gate.mostUnlike
  )
}

function logOdds({ discriminant, ...model }: Model, thumb: Float64Array, exposure: Exposure): number {
  const features = likenessFeatures(thumb, model, exposure)
  return features.reduce((sum, value, i) => sum + value * discriminant.weights[i]!, discriminant.bias)
}

type Model = ChestModel
function fitGate(xrays: readonly Chest[], pictures: readonly Picture[]) {
  const balanced = sources.flatMap((source) =>
    spread(
      xrays.filter((x) => x.source === source),
      PER_SOURCE,
    ),
  )
  const components = principalComponents(balanced.map(({ thumb }) => thumb))
  const features = (of: readonly Picture[]) =>
    of.map(({ thumb, exposure }) => likenessFeatures(thumb, components, exposure))
  const discriminant = logistic(features(balanced), features(pictures))
  const model: Model = { ...components, discriminant }
  const distances = xrays.map(({ thumb }) => unlikeness(thumb, model))
  const exposures = xrays.map(({ exposure }) => exposure)
  const gate = {
    likeness: 'chest-pca@2',
    mostUnlike: round(
      quantile(
        xrays.map((x) => logOdds(model, x.thumb, x.exposure)),
        ACCEPTED,
      ),
    ),
    within: round(
      quantile(
        distances.map(({ within }) => within),
        0.993,
      ),
    ),
    outside: round(
      quantile(
        distances.map(({ outside }) => outside),
        0.993,
      ),
    ),
    sure: { advantage: 1.5, within: 0.5 },
    detail: {
      // Half of the softest film: what has less is a gradient or a blur.
      min: round(
        quantile(
          exposures.map(({ detail }) => detail),
          0.001,
        ) / 2,
      ),
      soft: round(
        quantile(
          exposures.map(({ detail }) => detail),
          0.01,
        ),
      ),
      max: round(
        1.5 *
          quantile(
            exposures.map(({ detail }) => detail),
            0.999,
          ),
      ),
    },
    minSide: 96,
    smallSide: 256,
    maxChroma: 0.25,
    photographChroma: 0.02,
    minContrast: round(
      quantile(
        exposures.map(({ contrast }) => contrast),
        0.001,
      ) / 4,
    ),
    maxClipped: round(
      quantile(
        exposures.map(({ clipped }) => Math.max(clipped.dark, clipped.bright)),
        0.99,
      ),
    ),
    maxAspect: round(
      quantile(
        exposures.map(({ aspect }) => aspect),
        0.99,
      ),
    ),
  } as const
  return { model, gate }
}

/** Every so-manieth, or again from the start where there are too few. */
function spread<T>(of: readonly T[], count: number): T[] {
  return of.length === 0
    ? []
    : Array.from(
        { length: count },
        (_, i) => of[of.length >= count ? Math.floor((i * of.length) / count) : i % of.length]!,
      )
}

/** Mean and leading eigenvectors of the covariance, as they are stored: mean in whole levels, components in steps of their largest entry ÷ 127. */
function principalComponents(thumbs: readonly Float64Array[]): Omit<ChestModel, 'discriminant'> {
  const rows = new Matrix(thumbs.map((thumb) => [...thumb]))
  const mean = Float64Array.from(rows.mean('column'), Math.round)
  const centred = rows.subRowVector([...mean])
  const covariance = centred.transpose().mmul(centred).div(thumbs.length)
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(covariance, {
    assumeSymmetric: true,
  })
  const order = realEigenvalues.map((_, i) => i).sort((a, b) => realEigenvalues[b]! - realEigenvalues[a]!)
  const leading = order.slice(0, COMPONENTS)
  const components = leading.map((column) => {
    const exact = Float64Array.from(eigenvectorMatrix.getColumn(column))
    const step = stepOf(exact)
    return exact.map((value) => Math.round(value / step) * step)
  })
  const left = order.slice(COMPONENTS).reduce((sum, i) => sum + realEigenvalues[i]!, 0)
  return {
    side: SIDE,
    mean,
    components,
    variances: leading.map((i) => round(realEigenvalues[i]!)),
    residualVariance: round(left / (SIDE * SIDE - COMPONENTS)),
  }
}

/** Log-odds that a picture is no chest X-ray: ridge logistic regression by Newton's method, both sides alike in weight. */
function logistic(chestRows: readonly number[][], otherRows: readonly number[][]) {
  const rows = [...chestRows, ...otherRows]
  const width = rows[0]!.length
  const mean = Array.from(
    { length: width },
    (_, j) => rows.reduce((sum, row) => sum + row[j]!, 0) / rows.length,
  )
  const scale = mean.map(
    (m, j) => Math.sqrt(rows.reduce((sum, row) => sum + (row[j]! - m) ** 2, 0) / rows.length) || 1,
  )
  const x = rows.map((row) => [...row.map((value, j) => (value - mean[j]!) / scale[j]!), 1])
  const weight = x.map(
    (_, i) => (C * rows.length) / 2 / (i < chestRows.length ? chestRows.length : otherRows.length),
  )
  let w = new Array<number>(width + 1).fill(0)
  for (let step = 0; step < 30; step++) {
    const gradient = w.map((value, j) => (j < width ? value : 0))
    const hessian = Matrix.zeros(width + 1, width + 1)
    for (let j = 0; j < width; j++) hessian.set(j, j, 1)
    for (const [i, row] of x.entries()) {
      const p = 1 / (1 + Math.exp(-row.reduce((sum, value, j) => sum + value * w[j]!, 0)))
      const error = weight[i]! * (p - (i < chestRows.length ? 0 : 1))
      const curve = weight[i]! * p * (1 - p)
      for (let j = 0; j <= width; j++) {
        gradient[j]! += error * row[j]!
        for (let k = 0; k <= j; k++) hessian.set(j, k, hessian.get(j, k) + curve * row[j]! * row[k]!)
      }
    }
    for (let j = 0; j <= width; j++) for (let k = 0; k < j; k++) hessian.set(k, j, hessian.get(j, k))
    hessian.set(width, width, hessian.get(width, width) + 1e-9)
    const change = solve(hessian, Matrix.columnVector(gradient)).getColumn(0)
    w = w.map((value, j) => value - change[j]!)
    if (Math.max(...change.map(Math.abs)) < 1e-8) break
  }
  const weights = scale.map((s, j) => Number((w[j]! / s).toPrecision(6)))
  return {
    weights,
    bias: Number((w[width]! - weights.reduce((sum, value, j) => sum + value * mean[j]!, 0)).toPrecision(8)),
  }
}

function stepOf(component: Float64Array): number {
  return round(component.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127)
}

function quantile(of: readonly number[], share: number): number {
  return [...of].sort((a, b) => a - b)[Math.floor(of.length * share)]!
}

function round(value: number): number {
  return Number(value.toPrecision(4))
}
