import type { Rng } from '../rng.ts'

export type Forest = { predict(features: Float32Array): Float32Array }
export type ForestOptions = { trees: number; minLeaf: number; rng: Rng }

/** A tree as parallel arrays; a leaf has feature −1 and its class shares at `shares[node · classes …]`. */
type Tree = { feature: number[]; threshold: number[]; left: number[]; right: number[]; shares: number[] }

/**
 * Extremely randomised trees (Geurts, Ernst & Wehenkel 2006): √d random features a node, one random threshold each,
 * the best by Gini impurity. A strong classifier on few, raw features with nothing to tune: the opponent of the
 * shortcut audit.
 * @param rows feature vectors of equal length
 * @param weights of the images, as in the network's loss
 */
export function fitForest(
  rows: readonly Float32Array[],
  labels: ArrayLike<number>,
  weights: ArrayLike<number>,
  classes: number,
  { trees, minLeaf, rng }: ForestOptions,
): Forest {
  const grown = Array.from({ length: trees }, () => grow(rows, labels, weights, classes, minLeaf, rng))
  return {
    predict(features) {
      const out = new Float32Array(classes)
      for (const tree of grown) {
        let node = 0
        while (tree.feature[node]! >= 0) {
          node = (features[tree.feature[node]!]! < tree.threshold[node]! ? tree.left : tree.right)[node]!
        }
        for (let c = 0; c < classes; c++) out[c]! += tree.shares[node * classes + c]! / trees
      }
      return out
    },
  }
}

function grow(
  rows: readonly Float32Array[],
  labels: ArrayLike<number>,
  weights: ArrayLike<number>,
  classes: number,
  minLeaf: number,
  rng: Rng,
): Tree {
  const tree: Tree = { feature: [], threshold: [], left: [], right: [], shares: [] }
  const dimensions = rows[0]!.length
  const tries = Math.max(1, Math.round(Math.sqrt(dimensions)))
  const addNode = (): number => {
    for (const list of [tree.feature, tree.threshold, tree.left, tree.right]) list.push(-1)
    for (let c = 0; c < classes; c++) tree.shares.push(0)
    return tree.feature.length - 1
  }
  const stack: [number, number[]][] = [[addNode(), [...rows.keys()]]]
  while (stack.length > 0) {
    const [node, members] = stack.pop()!
    const split =
      members.length >= 2 * minLeaf
        ? bestSplit(rows, labels, weights, classes, members, tries, minLeaf, rng)
        : undefined
    if (!split) {
      const totals = classTotals(members, labels, weights, classes)
      const sum = totals.reduce((a, b) => a + b, 0)
      for (let c = 0; c < classes; c++) tree.shares[node * classes + c] = totals[c]! / sum
      continue
    }
    tree.feature[node] = split.feature
    tree.threshold[node] = split.threshold
    const [left, right] = [addNode(), addNode()]
    tree.left[node] = left
    tree.right[node] = right
    stack.push([left, split.below], [right, split.above])
  }
  return tree
}

function bestSplit(
  rows: readonly Float32Array[],
  labels: ArrayLike<number>,
  weights: ArrayLike<number>,
  classes: number,
  members: readonly number[],
  tries: number,
  minLeaf: number,
  rng: Rng,
) {
  if (members.every((i) => labels[i] === labels[members[0]!])) return undefined
  let best:
    | { feature: number; threshold: number; below: number[]; above: number[]; impurity: number }
    | undefined
  for (let t = 0; t < tries; t++) {
    const feature = Math.floor(rng() * rows[0]!.length)
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (const i of members) {
      low = Math.min(low, rows[i]![feature]!)
      high = Math.max(high, rows[i]![feature]!)
    }
    if (low === high) continue
    const threshold = low + (high - low) * (1 - rng()) // above `low`: neither side is empty
    const below = members.filter((i) => rows[i]![feature]! < threshold)
    const above = members.filter((i) => rows[i]![feature]! >= threshold)
    if (below.length < minLeaf || above.length < minLeaf) continue
    const impurity =
      gini(classTotals(below, labels, weights, classes)) + gini(classTotals(above, labels, weights, classes))
    if (!best || impurity < best.impurity) best = { feature, threshold, below, above, impurity }
  }
  return best
}

function classTotals(
  members: readonly number[],
  labels: ArrayLike<number>,
  weights: ArrayLike<number>,
  classes: number,
): Float64Array {
  const totals = new Float64Array(classes)
  for (const i of members) totals[labels[i]!]! += weights[i]!
  return totals
}

/** Impurity times weight. */
function gini(totals: Float64Array): number {
  const sum = totals.reduce((a, b) => a + b, 0)
  return sum > 0 ? sum - totals.reduce((a, t) => a + t * t, 0) / sum : 0
}
