import type { LabelledImages } from './data/images.ts'
import type { EpochRecord } from './history.ts'
import { argmaxRows, softmaxRows } from './softmax.ts'

type ValidationFigures = Pick<EpochRecord, 'validationLoss' | 'validationAccuracy' | 'balancedAccuracy'>

/** @param logits of the model as it would be saved, for the images of the validation part, [N,C] */
export function validationFigures(logits: Float32Array, set: LabelledImages): ValidationFigures {
  if (set.targets) return independentFigures(logits, set.targets, set)
  const probabilities = softmaxRows(logits, set.classes)
  const predicted = argmaxRows(logits, set.classes)
  const total = new Float64Array(set.classes)
  const hit = new Float64Array(set.classes)
  let loss = 0
  let right = 0
  for (const [i, label] of set.labels.entries()) {
    const weight = set.weights[i]!
    total[label]! += weight
    loss -= weight * Math.log(Math.max(1e-12, probabilities[i * set.classes + label]!))
    if (predicted[i] !== label) continue
    hit[label]! += weight
    right++
  }
  // A small validation part may lack a class: it has no recall then.
  const recalls = [...hit].flatMap((h, c) => (total[c]! > 0 ? [h / total[c]!] : []))
  return {
    validationLoss: loss / set.labels.length,
    validationAccuracy: right / set.labels.length,
    balancedAccuracy: recalls.reduce((a, b) => a + b, 0) / recalls.length,
  }
}

/** Of multi-label images: the share of right calls, and the mean over classes and their absence of what is recognised. */
function independentFigures(
  logits: Float32Array,
  targets: Float32Array,
  set: LabelledImages,
): ValidationFigures {
  const { classes } = set
  const total = new Float64Array(2 * classes)
  const hit = new Float64Array(2 * classes)
  let loss = 0
  let right = 0
  for (const [i, target] of targets.entries()) {
    const weight = set.weights[Math.floor(i / classes)]!
    const z = logits[i]!
    loss += weight * (Math.max(z, 0) - z * target + Math.log1p(Math.exp(-Math.abs(z))))
    const kind = 2 * (i % classes) + target
    total[kind]! += weight
    if (z > 0 !== target > 0.5) continue
    hit[kind]! += weight
    right++
  }
  const recalls = [...hit].flatMap((h, k) => (total[k]! > 0 ? [h / total[k]!] : []))
  return {
    validationLoss: loss / set.labels.length,
    validationAccuracy: right / targets.length,
    balancedAccuracy: recalls.reduce((a, b) => a + b, 0) / recalls.length,
  }
}
