/** Prints the median images a second of a training step: node step.ts BACKEND ARCHITECTURE SIZE BATCH STEPS */

import type { BackendName } from '@detl/train/backend/names'
import { selectBackend } from '@detl/train/backend/select'
import type { Architecture } from '@detl/train/config'
import { buildModel, trainableOf } from '@detl/train/model/architectures'
import { optimizerFor } from '@detl/train/optimizer'
import * as tf from '@tensorflow/tfjs-core'

const [name, architecture] = process.argv.slice(2) as [BackendName, Architecture]
const [size, batch, steps] = process.argv.slice(4).map(Number) as [number, number, number]
await selectBackend({ only: name })
const model = buildModel(architecture, { size, classes: 4, seed: 1 })
const x = tf.randomUniform<tf.Rank.R4>([batch, size, size, 1], 0, 1, 'float32', 1)
const trainFrom = architecture === 'detl12' ? 'block1' : 'Conv1'
// The paper's network as the paper has it, without normalisation.
const net = trainableOf(model, x, { trainFrom, normalise: false, auxiliary: 0, fresh: true })
const { variables } = net
const optimizer = optimizerFor({ kind: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 }, variables)
const labels = Int32Array.from({ length: batch }, (_, i) => i % 4)
const y = tf.oneHot(tf.tensor1d(labels, 'int32'), 4)
const seconds: number[] = []
for (let s = 0; s <= steps; s++) {
  const start = performance.now()
  let moments: tf.Tensor[] = []
  const { value, grads } = tf.variableGrads(() => {
    const pass = net.forward(x, undefined)
    moments = pass.moments
    return tf.losses.softmaxCrossEntropy(y, pass.logits) as tf.Scalar
  }, variables)
  net.updateStatistics(moments)
  optimizer.step(
    variables.map((v) => grads[v.name]!),
    3e-4,
  )
  await variables.at(-1)!.data()
  tf.dispose([value, grads, moments])
  if (s > 0) seconds.push((performance.now() - start) / 1000) // the first step compiles plans
}
console.log(batch / seconds.sort((a, b) => a - b)[seconds.length >> 1]!)
