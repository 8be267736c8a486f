import type { LabelledImages } from './data/images.ts'
import type { EpochRecord } from './history.ts'
import { argmaxRows, softmaxRows } from './softmax.ts'

/** @param logits of the model as it would be saved, for the images of the validation part, [N,C] */
export function validationFigures(
  logits: Float32Array,
  set: LabelledImages,
): Pick<EpochRecord, 'validationLoss' | 'validationAccuracy' | 'balancedAccuracy'> {
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
