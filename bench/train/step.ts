/** Prints the median images a second of a training step of the paper's network: node step.ts BACKEND SIZE BATCH STEPS */

import { type BackendName, selectBackend } from '@detl/train/backend/select'
import { detl12 } from '@detl/train/model/detl12'
import { logitsOf } from '@detl/train/model/trunk'
import { optimizerFor } from '@detl/train/optimizer'
import * as tf from '@tensorflow/tfjs-core'

const [name, size, batch, steps] = [process.argv[2] as BackendName, ...process.argv.slice(3).map(Number)] as [
  BackendName,
  number,
  number,
  number,
]
await selectBackend({ only: name })
const model = detl12({ size, classes: 4, seed: 1 })
const variables = model.trainableWeights.map((w) => w.read() as tf.Variable)
const optimizer = optimizerFor({ kind: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 }, variables)
const x = tf.randomUniform<tf.Rank.R4>([batch, size, size, 1], 0, 1, 'float32', 1)
const labels = Int32Array.from({ length: batch }, (_, i) => i % 4)
const y = tf.oneHot(tf.tensor1d(labels, 'int32'), 4)
const seconds: number[] = []
for (let s = 0; s <= steps; s++) {
  const start = performance.now()
  const { value, grads } = tf.variableGrads(
    () => tf.losses.softmaxCrossEntropy(y, logitsOf(model, x)) as tf.Scalar,
    variables,
  )
  optimizer.step(
    variables.map((v) => grads[v.name]!),
    3e-4,
  )
  await variables.at(-1)!.data()
  tf.dispose([value, grads])
  if (s > 0) seconds.push((performance.now() - start) / 1000) // the first step compiles plans
}
console.log(batch / seconds.sort((a, b) => a - b)[seconds.length >> 1]!)
