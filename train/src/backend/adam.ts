import * as tf from '@tensorflow/tfjs-core'
import type { DerivedBackend } from './derived.ts'

export const ADAM = 'DetlAdam'

/** One step of Adam as a kernel sees it: m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², w ← w − rate·m/(√v + ε). */
export type AdamStep = { rate: number; beta1: number; beta2: number; epsilon: number }
export type AdamInputs = Record<'w' | 'm' | 'v' | 'g', tf.TensorInfo>

/** @returns the new w, m and v */
export function adamStep(
  w: tf.Tensor,
  m: tf.Tensor,
  v: tf.Tensor,
  g: tf.Tensor,
  step: AdamStep,
): [w: tf.Tensor, m: tf.Tensor, v: tf.Tensor] {
  if (tf.getKernel(ADAM, tf.getBackend()))
    return tf.engine().runKernel(ADAM, { w, m, v, g }, step) as unknown as [tf.Tensor, tf.Tensor, tf.Tensor]
  const { rate, beta1, beta2, epsilon } = step
  const m1 = tf.add(tf.mul(m, beta1), tf.mul(g, 1 - beta1))
  const v1 = tf.add(tf.mul(v, beta2), tf.mul(tf.square(g), 1 - beta2))
  return [tf.sub(w, tf.div(tf.mul(m1, rate), tf.add(tf.sqrt(v1), epsilon))), m1, v1]
}

/** The step in one pass over the wasm heap instead of twelve. */
export function addAdam(derived: DerivedBackend): void {
  derived.overrideMany(ADAM, ({ inputs, backend, attrs }) => {
    const { w, m, v, g } = inputs as AdamInputs
    const { rate, beta1, beta2, epsilon } = attrs as AdamStep
    const out = [w, m, v].map((t) => backend.makeOutput(t.shape, 'float32'))
    // Views are taken after the last allocation: the heap moves when it grows.
    const [W, M, V, G, W1, M1, V1] = [w, m, v, g, ...out].map(
      (t) => backend.typedArrayFromHeap(t) as Float32Array,
    ) as Views
    for (let i = 0; i < G.length; i++) {
      M1[i] = M[i]! * beta1 + G[i]! * (1 - beta1)
      V1[i] = V[i]! * beta2 + G[i]! * G[i]! * (1 - beta2)
      W1[i] = W[i]! - (rate * M1[i]!) / (Math.sqrt(V1[i]!) + epsilon)
    }
    return out
  })
}

type Views = [
  Float32Array,
  Float32Array,
  Float32Array,
  Float32Array,
  Float32Array,
  Float32Array,
  Float32Array,
]
