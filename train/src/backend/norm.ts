import * as tf from '@tensorflow/tfjs-core'
import { NORM_EPSILON } from '../model/norm-epsilon.ts'
import type { Attrs, DerivedBackend } from './derived.ts'

export const NORM_FORWARD = 'DetlNorm'
export const NORM_BACKWARD = 'DetlNormGrad'

/** What follows the normalisation; `relu6` is min(max(x, 0), 6). */
export type NormActivation = 'relu' | 'relu6' | 'linear'

/**
 * f(γ · (z − μ)/√(σ² + ε) + β) with μ, σ² over all axes but the last (Ioffe & Szegedy 2015, algorithm 1), and its
 * gradient; f is ReLU unless said. On the wasm-derived backends it is one kernel of two passes each way: composed of tfjs's
 * operations it costs more than the convolutions, since their broadcasts are slow.
 * @param moments gets μ and σ², kept beyond any tidy; the caller disposes of them
 */
export function norm(
  z: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  moments: tf.Tensor[],
  activation: NormActivation = 'relu',
): tf.Tensor {
  if (!tf.getKernel(NORM_FORWARD, tf.getBackend())) return composed(z, gamma, beta, moments, activation)
  const fused = tf.customGrad((...args) => {
    const [x, g, b, save] = args as unknown as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc]
    const [y, mean, variance] = tf
      .engine()
      .runKernel(NORM_FORWARD, { x, gamma: g, beta: b }, { activation }) as unknown as tf.Tensor[]
    moments.push(tf.keep(mean!.clone()), tf.keep(variance!.clone()))
    save([x, g, y!, mean!, variance!])
    return {
      value: y!,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [x, gamma, y, mean, variance] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
        return tf
          .engine()
          .runKernel(
            NORM_BACKWARD,
            { dy, x, gamma, y, mean, variance },
            { activation },
          ) as unknown as tf.Tensor[]
      },
    }
  })
  return fused(z, gamma, beta)
}

function composed(
  z: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  moments: tf.Tensor[],
  activation: NormActivation,
): tf.Tensor {
  const axes = z.shape.slice(0, -1).map((_, i) => i)
  const { mean, variance } = tf.moments(z, axes)
  moments.push(tf.keep(mean.clone()), tf.keep(variance.clone()))
  const scale = tf.mul(gamma, tf.rsqrt(tf.add(variance, NORM_EPSILON)))
  return activate(tf.add(tf.mul(z, scale), tf.sub(beta, tf.mul(mean, scale))), activation)
}

/** The activation alone, by tfjs's operations. */
export const activate = (x: tf.Tensor, activation: NormActivation): tf.Tensor =>
  activation === 'linear' ? x : activation === 'relu' ? tf.relu(x) : tf.clipByValue(x, 0, 6)

/** Between these the activation passes gradients on. */
const RANGES: Record<NormActivation, [number, number]> = {
  linear: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  relu: [0, Number.POSITIVE_INFINITY],
  relu6: [0, 6],
}
export const rangeOf = (attrs: Attrs): [number, number] => RANGES[attrs.activation as NormActivation]

/** The two kernels, as loops over the wasm heap. */
export function addNormKernels(derived: DerivedBackend): void {
  addForward(derived)
  addBackward(derived)
}

function addForward(derived: DerivedBackend): void {
  derived.overrideMany(NORM_FORWARD, ({ inputs, backend, attrs }) => {
    const [low, high] = rangeOf(attrs)
    const { x, gamma, beta } = inputs as Record<'x' | 'gamma' | 'beta', tf.TensorInfo>
    const channels = x.shape.at(-1)!
    const out = [
      backend.makeOutput(x.shape, 'float32'),
      backend.makeOutput([channels], 'float32'),
      backend.makeOutput([channels], 'float32'),
    ]
    // Views are taken after the last allocation: the heap moves when it grows.
    const [X, G, B, Y, M, V] = [x, gamma, beta, ...out].map(
      (t) => backend.typedArrayFromHeap(t) as Float32Array,
    ) as Views6
    const [sum, square] = [new Float64Array(channels), new Float64Array(channels)]
    for (let i = 0; i < X.length; ) {
      for (let c = 0; c < channels; c++, i++) {
        const v = X[i]!
        sum[c]! += v
        square[c]! += v * v
      }
    }
    const rows = X.length / channels
    const [scale, shift] = [new Float32Array(channels), new Float32Array(channels)]
    for (let c = 0; c < channels; c++) {
      const mean = sum[c]! / rows
      const variance = Math.max(0, square[c]! / rows - mean * mean)
      M[c] = mean
      V[c] = variance
      scale[c] = G[c]! / Math.sqrt(variance + NORM_EPSILON)
      shift[c] = B[c]! - mean * scale[c]!
    }
    for (let i = 0; i < X.length; ) {
      for (let c = 0; c < channels; c++, i++) {
        const y = X[i]! * scale[c]! + shift[c]!
        Y[i] = Math.min(high, Math.max(low, y))
      }
    }
    return out
  })
}

/** dβ = Σ g, dγ = Σ g·x̂, dx = γ/σ · (g − dβ/n − x̂·dγ/n), with g = dy where the activation is not flat. */
function addBackward(derived: DerivedBackend): void {
  derived.overrideMany(NORM_BACKWARD, ({ inputs, backend, attrs }) => {
    const [low, high] = rangeOf(attrs)
    const { dy, x, gamma, y, mean, variance } = inputs as Record<
      'dy' | 'x' | 'gamma' | 'y' | 'mean' | 'variance',
      tf.TensorInfo
    >
    const channels = x.shape.at(-1)!
    const out = [
      backend.makeOutput(x.shape, 'float32'),
      backend.makeOutput([channels], 'float32'),
      backend.makeOutput([channels], 'float32'),
    ]
    const view = (t: tf.TensorInfo) => backend.typedArrayFromHeap(t) as Float32Array
    const [DY, X, Y, DX] = [view(dy), view(x), view(y), view(out[0]!)]
    const [G, M, V] = [view(gamma), view(mean), view(variance)]
    const [sumG, sumGX] = [new Float64Array(channels), new Float64Array(channels)]
    for (let i = 0; i < X.length; ) {
      for (let c = 0; c < channels; c++, i++) {
        if (Y[i]! > low && Y[i]! < high) {
          const g = DY[i]!
          sumG[c]! += g
          sumGX[c]! += g * X[i]!
        }
      }
    }
    const rows = X.length / channels
    // dx = a·g + b·x + c, channel by channel
    const [a, b, c0] = [new Float32Array(channels), new Float32Array(channels), new Float32Array(channels)]
    const [dGamma, dBeta] = [view(out[1]!), view(out[2]!)]
    for (let c = 0; c < channels; c++) {
      const inverse = 1 / Math.sqrt(V[c]! + NORM_EPSILON)
      const dg = (sumGX[c]! - M[c]! * sumG[c]!) * inverse
      dGamma[c] = dg
      dBeta[c] = sumG[c]!
      a[c] = G[c]! * inverse
      b[c] = (-a[c]! * inverse * dg) / rows
      c0[c] = (-a[c]! * sumG[c]!) / rows - b[c]! * M[c]!
    }
    for (let i = 0; i < X.length; ) {
      for (let c = 0; c < channels; c++, i++) {
        const open = Y[i]! > low && Y[i]! < high
        DX[i] = (open ? a[c]! * DY[i]! : 0) + b[c]! * X[i]! + c0[c]!
      }
    }
    return out
  })
}

type Views6 = [Float32Array, Float32Array, Float32Array, Float32Array, Float32Array, Float32Array]
