import type * as tf from '@tensorflow/tfjs-core'
import { NORM_EPSILON } from '../model/norm-epsilon.ts'
import type { DerivedBackend, Wasm } from './derived.ts'
import { NORM_BACKWARD, NORM_FORWARD, type NormActivation } from './norm.ts'
import {
  type ActivationOf,
  ARG,
  FORWARD_TRAINING,
  type OneDnnSession,
  type Run,
  TAG,
} from './onednn-session.ts'

// Values of dnnl_types.h, oneDNN 2.x
const BACKWARD = 128
const USE_SCALE_SHIFT = 2

/** `scaleShift` is [2,C], γ then β. */
type Plan = {
  forward: Run<'src' | 'dst' | Statistics>
  backward: Run<'src' | 'diffDst' | 'diffSrc' | 'diffScaleShift' | Statistics>
  scaleShift: Float32Array
  diffScaleShift: Float32Array
}
type Statistics = 'mean' | 'variance' | 'scaleShift'

/** The two kernels of `norm.ts` by oneDNN's batch normalisation; the activation works in place. */
export function addOneDnnNorm(
  derived: DerivedBackend,
  session: OneDnnSession,
  activationOf: ActivationOf,
): void {
  const { addressOf } = session.api
  const planOf = session.planned((shape: readonly number[]) => build(session, shape))

  derived.overrideMany(NORM_FORWARD, ({ inputs, backend, attrs }) => {
    const { x, gamma, beta } = inputs as Record<'x' | 'gamma' | 'beta', tf.TensorInfo>
    const channels = x.shape.at(-1)!
    const y = backend.makeOutput(x.shape, 'float32')
    const mean = backend.makeOutput([channels], 'float32')
    const variance = backend.makeOutput([channels], 'float32')
    session.threadsFor(y, () => {
      const plan = planOf(x.shape)
      plan.scaleShift.set(values(backend, gamma))
      plan.scaleShift.set(values(backend, beta), channels)
      const at = session.heapAddress(backend)
      plan.forward({
        src: at(x),
        dst: at(y),
        mean: at(mean),
        variance: at(variance),
        scaleShift: addressOf(bytesOf(plan.scaleShift)),
      })
      activationOf(attrs.activation as NormActivation, y)?.forward({ src: at(y), dst: at(y) })
    })
    return [y, mean, variance]
  })

  derived.overrideMany(NORM_BACKWARD, ({ inputs, backend, attrs }) => {
    type Inputs = Record<'dy' | 'x' | 'gamma' | 'y' | 'mean' | 'variance', tf.TensorInfo>
    const { dy, x, gamma, y, mean, variance } = inputs as Inputs
    const channels = x.shape.at(-1)!
    const dx = backend.makeOutput(x.shape, 'float32')
    const [dGamma, dBeta] = [
      backend.makeOutput([channels], 'float32'),
      backend.makeOutput([channels], 'float32'),
    ]
    session.threadsFor(dx, () => {
      const plan = planOf(x.shape)
      plan.scaleShift.set(values(backend, gamma))
      const at = session.heapAddress(backend)
      const mask = activationOf(attrs.activation as NormActivation, y)
      mask?.backward({ dst: at(y), diffDst: at(dy), diffSrc: at(dx) })
      plan.backward({
        src: at(x),
        diffDst: mask ? at(dx) : at(dy),
        diffSrc: at(dx),
        mean: at(mean),
        variance: at(variance),
        scaleShift: addressOf(bytesOf(plan.scaleShift)),
        diffScaleShift: addressOf(bytesOf(plan.diffScaleShift)),
      })
      values(backend, dGamma).set(plan.diffScaleShift.subarray(0, channels))
      values(backend, dBeta).set(plan.diffScaleShift.subarray(channels))
    })
    return [dx, dGamma, dBeta]
  })
}

const values = (backend: Wasm, t: tf.TensorInfo): Float32Array =>
  backend.typedArrayFromHeap(t) as Float32Array

const bytesOf = (floats: Float32Array): Uint8Array => new Uint8Array(floats.buffer)

/** @param shape [N,H,W,C] or [N,C] */
function build(session: OneDnnSession, shape: readonly number[]): Plan {
  const { api } = session
  const c = shape.at(-1)!
  const [n, h, w] = shape.length === 4 ? (shape as [number, number, number]) : [shape[0]!, 1, 1]
  const data = session.describe([n, c, h, w], TAG.nhwc)
  const perChannel = session.describe([c], TAG.a)
  const pairs = session.describe([2, c], TAG.ab)
  const forward = session.primitiveDesc((desc) =>
    api.batchNormForwardInit(desc, FORWARD_TRAINING, data, NORM_EPSILON, USE_SCALE_SHIFT),
  )
  const backward = session.primitiveDesc(
    (desc) => api.batchNormBackwardInit(desc, BACKWARD, data, data, NORM_EPSILON, USE_SCALE_SHIFT),
    forward,
  )
  const statistics = {
    mean: [ARG.mean, perChannel],
    variance: [ARG.variance, perChannel],
    scaleShift: [ARG.weights, pairs],
  } as const
  const pair = () => new Float32Array(session.buffer(8 * c).buffer, 0, 2 * c)
  return {
    forward: session.compile(forward, { src: [ARG.src, data], dst: [ARG.dst, data], ...statistics }),
    backward: session.compile(backward, {
      src: [ARG.src, data],
      diffDst: [ARG.diffDst, data],
      diffSrc: [ARG.diffSrc, data],
      diffScaleShift: [ARG.diffWeights, pairs],
      ...statistics,
    }),
    scaleShift: pair(),
    diffScaleShift: pair(),
  }
}
