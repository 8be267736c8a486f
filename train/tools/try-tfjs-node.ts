/** For setup-tfjs-node.ts: starts a backend and takes a gradient by it. @example node try-tfjs-node.ts tfjs-node */
import * as tf from '@tensorflow/tfjs-core'
import type { BackendName } from '../src/backend/names.ts'
import { describeBackend } from '../src/backend/names.ts'
import { selectBackend } from '../src/backend/select.ts'

const choice = await selectBackend({ only: process.argv[2] as BackendName })
const gradient = tf.grad((x: tf.Tensor) => tf.sum(tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D)))
const [value] = await gradient(
  tf.tensor2d([
    [1, 2],
    [3, 4],
  ]),
).data() // row 0 of x·x by x₀₀: (1 + 2) + (1 + 3)
if (value !== 7) throw new Error(`a gradient of 7 came out as ${value}`)
const { binding } = tf.backend() as unknown as { binding?: { TF_Version?: string } }
console.log(`${describeBackend(choice)}, TensorFlow ${binding?.TF_Version ?? 'of an unknown version'}`)
