import { spawnSync } from 'node:child_process'
import { fitClassBias } from '@detl/train/class-bias'
import {
  bootstrapByGroup,
  delong,
  newcombeAuc,
  predictiveValueIntervals,
  resampledByGroup,
  weightedMean,
} from '@detl/train/evaluate/intervals'
import {
  auc,
  balancedAccuracy,
  brierScores,
  confusionMatrix,
  countsAt,
  predictiveValues,
  rocCurve,
  weightedAuc,
  weightedBalancedAccuracy,
} from '@detl/train/evaluate/metrics'
import { operatingPoints } from '@detl/train/evaluate/operating-points'
import { expectedCalibrationError, reliability } from '@detl/train/evaluate/reliability'
import { gaussian, rngOf } from '@detl/train/rng'
import { fitTemperature, negativeLogLikelihood } from '@detl/train/scores/temperature'
import { softmaxRows } from '@detl/train/softmax'
import { mean } from '@detl/train/statistics'
import { describe, expect, it } from 'vitest'

/** Noisy three-class scores with ties. */
function example(n: number, seed: number) {
  const rng = rngOf('metrics', seed)
  const truth = Array.from({ length: n }, () => Math.floor(rng() * 3))
  const logits = Float32Array.from(
    truth.flatMap((t) => [0, 1, 2].map((c) => Math.round(4 * (gaussian(rng) + (c === t ? 1 : 0))) / 4)),
  )
  return { truth, logits, probabilities: softmaxRows(logits, 3) }
}

/** Debian's python3-sklearn belongs to /usr/bin/python3; another python3 may come first in the path. */
const python3 = ['python3', '/usr/bin/python3'].find(
  (p) => spawnSync(p, ['-c', 'import sklearn']).status === 0,
)

describe.skipIf(python3 === undefined)(
  'beside scikit-learn (skipped where python3-sklearn is not installed)',
  () => {
    it('AUC, ROC, confusion matrix, balanced accuracy and Brier score agree', () => {
      const { truth, probabilities } = example(211, 1)
      const scores = truth.map((_, i) => probabilities[3 * i]!)
      const predicted = truth.map(
        (_, i) =>
          [0, 1, 2].sort((a, b) => probabilities[3 * i + b]! - probabilities[3 * i + a]! || a - b)[0]!,
      )
      const python = `
import json, sys, numpy as np
from sklearn import metrics as m
d = json.load(sys.stdin)
y = np.array(d["truth"]); s = np.array(d["scores"]); p = np.array(d["predicted"]); q = np.array(d["probabilities"]).reshape(-1, 3)
f, t, _ = m.roc_curve(y == 0, s, drop_intermediate=False)
print(json.dumps({"auc": m.roc_auc_score(y == 0, s), "fpr": f.tolist(), "tpr": t.tolist(),
  "confusion": m.confusion_matrix(y, p).tolist(), "balanced": m.balanced_accuracy_score(y, p),
  "brier": float(np.mean(np.sum((q - np.eye(3)[y]) ** 2, axis=1))), "nll": m.log_loss(y, q)}))`
      const input = JSON.stringify({ truth, scores, predicted, probabilities: [...probabilities] })
      const run = spawnSync(python3!, ['-c', python], { input, encoding: 'utf8' })
      const theirs = JSON.parse(run.stdout) as Record<string, number> & {
        fpr: number[]
        tpr: number[]
        confusion: number[][]
      }

      const positive = truth.map((t) => t === 0)
      const curve = rocCurve({ scores, positive })
      const confusion = confusionMatrix(truth, predicted, 3)
      expect(auc({ scores, positive })).toBeCloseTo(theirs.auc!, 10)
      expect(curve.map((p) => p.falsePositiveRate)).toEqual(theirs.fpr.map((v) => expect.closeTo(v, 10)))
      expect(curve.map((p) => p.truePositiveRate)).toEqual(theirs.tpr.map((v) => expect.closeTo(v, 10)))
      expect(confusion).toEqual(theirs.confusion)
      expect(balancedAccuracy(confusion)).toBeCloseTo(theirs.balanced!, 10)
      expect(mean(brierScores(probabilities, truth, 3))).toBeCloseTo(theirs.brier!, 6)
      expect(negativeLogLikelihood(example(211, 1).logits, truth, 3, 1)).toBeCloseTo(theirs.nll!, 5)
    })
  },
)

describe('delong', () => {
  it('gives what Stata’s manual prints for the CT readings of Hanley & McNeil 1982: 0.8932 (0.83295–0.95339)', () => {
    const normal = [33, 6, 6, 11, 2] // by rating 1 … 5, table I
    const abnormal = [3, 2, 2, 11, 33]
    const ratings = (counts: number[]) => counts.flatMap((n, i) => Array<number>(n).fill(i + 1))
    const scores = [...ratings(normal), ...ratings(abnormal)]
    const { value, low, high, variance } = delong({ scores, positive: scores.map((_, i) => i >= 58) })
    expect(value).toBeCloseTo(0.8932, 4)
    expect(Math.sqrt(variance)).toBeCloseTo(0.0307, 4)
    expect(low).toBeCloseTo(0.83295, 5)
    expect(high).toBeCloseTo(0.95339, 5)
  })

  it('has the variance that the definition gives, pair by pair', () => {
    const { truth, probabilities } = example(90, 2)
    const scores = truth.map((_, i) => probabilities[3 * i]!)
    const positive = truth.map((t) => t === 0)
    const x = scores.filter((_, i) => positive[i])
    const y = scores.filter((_, i) => !positive[i])
    const psi = (a: number, b: number) => (a > b ? 1 : a === b ? 0.5 : 0)
    const meanOf = (v: number[]) => v.reduce((a, b) => a + b, 0) / v.length
    const variance = (v: number[]) => v.reduce((s, q) => s + (q - meanOf(v)) ** 2, 0) / (v.length - 1)
    const v10 = x.map((a) => meanOf(y.map((b) => psi(a, b))))
    const v01 = y.map((b) => meanOf(x.map((a) => psi(a, b))))
    const result = delong({ scores, positive })
    expect(result.value).toBeCloseTo(meanOf(v10), 12)
    expect(result.variance).toBeCloseTo(variance(v10) / x.length + variance(v01) / y.length, 12)
  })
})

describe('bootstrapByGroup', () => {
  it('is as wide as the groups are few: ten copies of each image tell nothing new', () => {
    const rng = rngOf('bootstrap')
    const single = Array.from({ length: 40 }, () => rng())
    const width = (e: { low: number; high: number }) => e.high - e.low
    const once = bootstrapByGroup(
      single.map((_, i) => `g${i}`),
      weightedMean(single),
      rngOf(1),
    )
    const tenfold = single.flatMap((v) => Array<number>(10).fill(v))
    const grouped = bootstrapByGroup(
      tenfold.map((_, i) => `g${Math.floor(i / 10)}`),
      weightedMean(tenfold),
      rngOf(1),
    )
    const ungrouped = bootstrapByGroup(
      tenfold.map((_, i) => `g${i}`),
      weightedMean(tenfold),
      rngOf(1),
    )
    expect(width(grouped) / width(once)).toBeCloseTo(1, 1)
    expect(width(ungrouped) / width(once)).toBeLessThan(0.5)
  })
})

describe('resampling by weights', () => {
  it('counts an image as often as its group was drawn: AUC and balanced accuracy agree with repeated images', () => {
    const { truth, probabilities } = example(60, 5)
    const scores = truth.map((_, i) => probabilities[3 * i]!)
    const positive = truth.map((t) => t === 0)
    const predicted = truth.map((t, i) => (i % 3 === 0 ? 0 : t))
    const weights = truth.map((_, i) => i % 4)
    const repeated = weights.flatMap((w, i) => Array<number>(w).fill(i))
    const of = <T>(values: readonly T[]) => repeated.map((i) => values[i]!)
    expect(weightedAuc({ scores, positive })(weights)).toBeCloseTo(
      auc({ scores: of(scores), positive: of(positive) }),
      12,
    )
    expect(weightedBalancedAccuracy(truth, predicted, 3)(weights)).toBeCloseTo(
      balancedAccuracy(confusionMatrix(of(truth), of(predicted), 3)),
      12,
    )
  })

  it('has the spread that can be counted out: two groups give their mean half of the time and each alone a quarter', () => {
    const means = resampledByGroup(['a', 'a', 'b'], weightedMean([0, 0, 3]), rngOf('count'), 4000)
    const share = (v: number) => means.filter((m) => m === v).length / means.length
    expect(share(0)).toBeCloseTo(0.25, 1)
    expect(share(1)).toBeCloseTo(0.5, 1)
    expect(share(3)).toBeCloseTo(0.25, 1)
    expect(share(0) + share(1) + share(3)).toBe(1)
  })
})

describe('newcombeAuc', () => {
  it('has bounds at which the observed value is just not refused', () => {
    const [m, n] = [40, 25]
    const { low, high } = newcombeAuc(0.8, m, n)
    const half = (m + n) / 2 - 1
    for (const t of [low, high]) {
      const variance = (t * (1 - t) * (1 + (half * (1 - t)) / (2 - t) + (half * t) / (1 + t))) / (m * n)
      expect(Math.abs(0.8 - t) / Math.sqrt(variance)).toBeCloseTo(1.96, 2)
    }
  })

  it('does not close where all are told apart, and is wider with fewer', () => {
    expect(newcombeAuc(1, 5, 500).low).toBeLessThan(0.9)
    expect(newcombeAuc(1, 100, 500).low).toBeGreaterThan(newcombeAuc(1, 5, 500).low)
    expect(newcombeAuc(1, 5, 500).high).toBe(1)
  })
})

describe('fitTemperature', () => {
  it('finds the factor by which logits were inflated, and calibrates', () => {
    const rng = rngOf('temperature')
    const n = 4000
    const z = Float32Array.from({ length: 3 * n }, () => 1.5 * gaussian(rng))
    const p = softmaxRows(z, 3)
    const truth = Array.from({ length: n }, (_, i) => {
      const u = rng()
      return u < p[3 * i]! ? 0 : u < p[3 * i]! + p[3 * i + 1]! ? 1 : 2
    })
    const inflated = z.map((v) => 2.5 * v)
    const temperature = fitTemperature(inflated, truth, 3)
    expect(temperature).toBeGreaterThan(2.3)
    expect(temperature).toBeLessThan(2.7)
    const ece = (t: number) => expectedCalibrationError(reliability(softmaxRows(inflated, 3, t), truth, 3))
    expect(ece(temperature)).toBeLessThan(0.03)
    expect(ece(1)).toBeGreaterThan(0.1)
  })
})

describe('fitClassBias', () => {
  // Labels drawn from the softmax of the logits, three classes of very different frequency.
  const rng = rngOf('bias')
  const logits = new Float32Array(3 * 3000).map((_, i) => 2 * gaussian(rng) - (i % 3))
  const p = softmaxRows(logits, 3)
  const truth = Array.from({ length: 3000 }, (_, i) => {
    const u = rng()
    return u < p[3 * i]! ? 0 : u < p[3 * i]! + p[3 * i + 1]! ? 1 : 2
  })
  const counts = [0, 1, 2].map((c) => truth.filter((t) => t === c).length)
  const expected = counts.map((n) => -Math.log(n))

  it('weighs classes against their frequency where the logits are those of the images as they come', () => {
    const centre = mean(expected)
    for (const [c, b] of fitClassBias(logits, truth, 3).entries())
      expect(Math.abs(b - (expected[c]! - centre))).toBeLessThan(0.15)
  })

  it('takes back what was added to a class, and finds nothing a second time', () => {
    const first = fitClassBias(logits, truth, 3)
    const moved = logits.map((z, k) => z + [0.7, -0.2, -1][k % 3]!)
    for (const [c, b] of fitClassBias(moved, truth, 3).entries())
      expect(b).toBeCloseTo(first[c]! - [0.7, -0.2, -1][c]! + (0.7 - 0.2 - 1) / 3, 3)
    const settled = logits.map((z, k) => z + first[k % 3]!)
    for (const b of fitClassBias(settled, truth, 3)) expect(b).toBeCloseTo(0, 3)
  })

  it('leaves the logits alone where a class does not occur', () => {
    expect(fitClassBias(logits.subarray(0, 6), [0, 1], 3)).toEqual([0, 0, 0])
  })
})

describe('operatingPoints', () => {
  it('are chosen on validation data and measured on the rest', () => {
    const scores = [0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9]
    const positive = [false, false, true, false, true, true, true, true]
    const points = operatingPoints({ scores, positive }, { scores: [0.25, 0.65], positive: [false, true] })
    expect(points.balanced.threshold).toBe(0.6)
    expect(points.screening.threshold).toBe(0.3) // the strictest that reaches all five positives
    expect(points.balanced.sensitivity.value).toBe(1)
    expect(countsAt({ scores, positive }, 0.6)).toEqual({
      truePositives: 4,
      falseNegatives: 1,
      trueNegatives: 3,
      falsePositives: 0,
    })
  })
})

it('predictive values follow Bayes: sensitivity 0.912, specificity 0.775 at 5 % prevalence give a PPV of 17.6 %', () => {
  expect(predictiveValues(0.912, 0.775, 0.05).ppv).toBeCloseTo(0.176, 3)
})

it.each([
  [0.9, 0.8, 0.05, 60, 90],
  [0.6, 0.97, 0.01, 40, 300],
] as const)(
  'intervals of predictive values hold the true ones 19 times in 20 (sensitivity %f, specificity %f, prevalence %f)',
  (sensitivity, specificity, prevalence, sick, well) => {
    const truth = predictiveValues(sensitivity, specificity, prevalence)
    const rng = rngOf('predictive', sick)
    const drawn = (n: number, p: number) => Array.from({ length: n }, () => rng()).filter((v) => v < p).length
    const held = { ppv: 0, npv: 0 }
    for (let i = 0; i < 2000; i++) {
      const found = predictiveValueIntervals(
        { right: drawn(sick, sensitivity), n: sick },
        { right: drawn(well, specificity), n: well },
        prevalence,
      )
      for (const key of ['ppv', 'npv'] as const)
        if (found[key].low <= truth[key] && truth[key] <= found[key].high) held[key]++
    }
    for (const key of ['ppv', 'npv'] as const) {
      expect(held[key] / 2000).toBeGreaterThan(0.935)
      expect(held[key] / 2000).toBeLessThan(0.985)
    }
  },
)
