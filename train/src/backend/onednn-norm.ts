import type * as tf from '@tensorflow/tfjs-core'
import { NORM_EPSILON } from '../model/norm-epsilon.ts'
import type { Attrs, DerivedBackend, Wasm } from './derived.ts'
import { NORM_BACKWARD, NORM_FORWARD, type NormActivation, rangeOf } from './norm.ts'
import type { Handle } from './onednn-api.ts'
import { check, type OneDnnSession, packArgs, TAG } from './onednn-session.ts'

// Values of dnnl_types.h, oneDNN 2.x
const FORWARD_TRAINING = 64
const BACKWARD = 128
const USE_SCALE_SHIFT = 2
const ARG = {
  src: 1,
  dst: 17,
  scaleShift: 33,
  mean: 49,
  variance: 50,
  diffSrc: 129,
  diffDst: 145,
  diffScaleShift: 161,
} as const

/** Memory objects whose addresses are set before each run; `scaleShift` is [2,C], γ then β. */
type Plan = {
  forward: Handle
  backward: Handle
  forwardArgs: Uint8Array
  backwardArgs: Uint8Array
  src: Handle
  dst: Handle
  mean: Handle
  variance: Handle
  diffSrc: Handle
  diffDst: Handle
  scaleShift: Float32Array
  diffScaleShift: Float32Array
}

/** The two kernels of `norm.ts` by oneDNN's batch normalisation. */
export function addOneDnnNorm(derived: DerivedBackend, session: OneDnnSession): void {
  const { api } = session
  const plans = new Map<string, Plan>()
  const planFor = (x: tf.TensorInfo): Plan => {
    const key = x.shape.join()
    let plan = plans.get(key)
    if (!plan) {
      plan = session.singleThreaded(() => build(session, x.shape))
      plans.set(key, plan)
    }
    return plan
  }

  derived.overrideMany(NORM_FORWARD, ({ inputs, backend, attrs }) => {
    const { x, gamma, beta } = inputs as Record<'x' | 'gamma' | 'beta', tf.TensorInfo>
    const plan = planFor(x)
    const channels = x.shape.at(-1)!
    const normal = backend.makeOutput(x.shape, 'float32')
    const mean = backend.makeOutput([channels], 'float32')
    const variance = backend.makeOutput([channels], 'float32')
    plan.scaleShift.set(values(backend, gamma))
    plan.scaleShift.set(values(backend, beta), channels)
    const at = session.heapAddress(backend)
    check(api.memorySetData(plan.src, at(x)))
    check(api.memorySetData(plan.dst, at(normal)))
    check(api.memorySetData(plan.mean, at(mean)))
    check(api.memorySetData(plan.variance, at(variance)))
    session.singleThreaded(() => session.execute(plan.forward, plan.forwardArgs))
    check(api.streamWait(session.stream))
    const activation = attrs.activation as NormActivation
    if (activation === 'linear') return [normal, mean, variance]
    const y = derived.run(activation === 'relu' ? 'Relu' : 'Relu6', { x: normal }, backend)
    backend.disposeData(normal.dataId)
    return [y, mean, variance]
  })

  derived.overrideMany(NORM_BACKWARD, ({ inputs, backend, attrs }) => {
    const { dy, x, gamma, y, mean, variance } = inputs as Record<
      'dy' | 'x' | 'gamma' | 'y' | 'mean' | 'variance',
      tf.TensorInfo
    >
    const plan = planFor(x)
    const channels = x.shape.at(-1)!
    const masked = throughActivation(dy, y, backend, attrs)
    const dx = backend.makeOutput(x.shape, 'float32')
    const [dGamma, dBeta] = [
      backend.makeOutput([channels], 'float32'),
      backend.makeOutput([channels], 'float32'),
    ]
    plan.scaleShift.set(values(backend, gamma))
    const at = session.heapAddress(backend)
    check(api.memorySetData(plan.src, at(x)))
    check(api.memorySetData(plan.mean, at(mean)))
    check(api.memorySetData(plan.variance, at(variance)))
    check(api.memorySetData(plan.diffDst, at(masked)))
    check(api.memorySetData(plan.diffSrc, at(dx)))
    session.singleThreaded(() => session.execute(plan.backward, plan.backwardArgs))
    check(api.streamWait(session.stream))
    values(backend, dGamma).set(plan.diffScaleShift.subarray(0, channels))
    values(backend, dBeta).set(plan.diffScaleShift.subarray(channels))
    if (masked !== dy) backend.disposeData(masked.dataId)
    return [dx, dGamma, dBeta]
  })
}

/** dy where the activation is not flat, 0 elsewhere; dy itself where there is none. */
function throughActivation(dy: tf.TensorInfo, y: tf.TensorInfo, backend: Wasm, attrs: Attrs): tf.TensorInfo {
  if (attrs.activation === 'linear') return dy
  const out = backend.makeOutput(dy.shape, 'float32')
  const [Y, DY, OUT] = [y, dy, out].map((t) => {
    const { buffer, byteOffset, length } = values(backend, t)
    return new Int32Array(buffer, byteOffset, length)
  }) as [Int32Array, Int32Array, Int32Array]
  // Floats that are not negative sort as their bits do, so two signs say whether y lies inside: no branch to mispredict.
  const end = new Int32Array(new Float32Array([rangeOf(attrs)[1]]).buffer)[0]!
  for (let i = 0; i < OUT.length; i++) {
    const bits = Y[i]!
    OUT[i] = DY[i]! & ((bits - end) >> 31) & ~((bits - 1) >> 31)
  }
  return out
}

const values = (backend: Wasm, t: tf.TensorInfo): Float32Array =>
  backend.typedArrayFromHeap(t) as Float32Array

/** @param shape [N,H,W,C] or [N,C] */
function build(session: OneDnnSession, shape: readonly number[]): Plan {
  const { api, engine } = session
  const [n, h, w, c] =
    shape.length === 4 ? (shape as [number, number, number, number]) : [shape[0]!, 1, 1, shape[1]!]
  const data = session.describe([n, c, h, w], TAG.nhwc)
  const perChannel = session.describe([c], TAG.a)
  const pairs = session.describe([2, c], TAG.ab)
  const desc = session.buffer(8192)
  check(api.batchNormForwardInit(desc, FORWARD_TRAINING, data, NORM_EPSILON, USE_SCALE_SHIFT))
  const forwardDesc = session.made((o) => api.primitiveDescCreate(o, desc, 0n, engine, 0n))
  const backDesc = session.buffer(8192)
  check(api.batchNormBackwardInit(backDesc, BACKWARD, data, data, NORM_EPSILON, USE_SCALE_SHIFT))
  const backwardDesc = session.made((o) => api.primitiveDescCreate(o, backDesc, 0n, engine, forwardDesc))

  const floats = () => {
    const bytes = session.buffer(Math.max(8 * c, 1024))
    return { view: new Float32Array(bytes.buffer, 0, 2 * c), address: api.addressOf(bytes) }
  }
  const [scaleShift, diffScaleShift] = [floats(), floats()]
  const memory = (md: Uint8Array, address = 0n) => session.memory(md, address)
  const [src, dst, diffSrc, diffDst] = [memory(data), memory(data), memory(data), memory(data)]
  const [mean, variance] = [memory(perChannel), memory(perChannel)]
  const scales = memory(pairs, scaleShift.address)
  const diffScales = memory(pairs, diffScaleShift.address)
  const statistics: [number, Handle][] = [
    [ARG.mean, mean],
    [ARG.variance, variance],
    [ARG.scaleShift, scales],
  ]
  return {
    forward: session.made((o) => api.primitiveCreate(o, forwardDesc)),
    backward: session.made((o) => api.primitiveCreate(o, backwardDesc)),
    forwardArgs: packArgs([[ARG.src, src], [ARG.dst, dst], ...statistics]),
    backwardArgs: packArgs([
      [ARG.src, src],
      [ARG.diffDst, diffDst],
      [ARG.diffSrc, diffSrc],
      [ARG.diffScaleShift, diffScales],
      ...statistics,
    ]),
    src,
    dst,
    mean,
    variance,
    diffSrc,
    diffDst,
    scaleShift: scaleShift.view,
    diffScaleShift: diffScaleShift.view,
  }
}
