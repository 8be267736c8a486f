import type * as tf from '@tensorflow/tfjs-core'
import { CONV_RELU, RELU_GRADIENT } from './conv-relu.ts'
import {
  type Attrs,
  convInfo,
  type DerivedBackend,
  type KernelCall,
  leadingReduction,
  reducedShape,
  type Wasm,
} from './derived.ts'
import { addOneDnnAdam } from './onednn-adam.ts'
import { convolver } from './onednn-convolution.ts'
import { eltwise } from './onednn-eltwise.ts'
import { addOneDnnNorm } from './onednn-norm.ts'
import { addOneDnnPool } from './onednn-pool.ts'
import { type ActivationOf, check, OneDnnSession } from './onednn-session.ts'

/**
 * Replaces the heavy kernels of a wasm-derived backend by oneDNN's, which work on the wasm heap itself: no copies.
 * Plans are cached by shape, so a training run should keep its batch size.
 * @returns oneDNN's version
 * @throws where libdnnl.so.2 cannot be opened; nothing is overridden then
 */
export function addOneDnnKernels(derived: DerivedBackend): string {
  const session = new OneDnnSession()
  const convolve = convolver(session)
  const activationOf = eltwise(session)
  addOneDnnNorm(derived, session, activationOf)
  addOneDnnAdam(derived, session)
  addConvolutions(derived, convolve)
  addReluGradient(derived, session, activationOf)
  addOneDnnPool(derived, session)
  addDepthwise(derived, convolve)
  addProducts(derived, multiplier(session))
  addColumnSums(derived, session)
  return session.api.version
}

const relu = (derived: DerivedBackend, x: tf.TensorInfo, backend: Wasm): tf.TensorInfo =>
  replaced(x, derived.run('Relu', { x }, backend), backend)

function addConvolutions(derived: DerivedBackend, convolve: ReturnType<typeof convolver>): void {
  derived.override('Conv2D', ({ inputs, backend, attrs }, original) => {
    const { x, filter } = inputs as { x: tf.TensorInfo; filter: tf.TensorInfo }
    if (!isNhwc(attrs)) return original({ inputs, backend, attrs })
    const info = convInfo(x.shape, filter.shape, attrs)
    const out = backend.makeOutput(info.outShape, 'float32')
    convolve('forward', info, backend, { src: x, weights: filter, dst: out })
    return out
  })
  const fused = ({ inputs, backend, attrs }: KernelCall): tf.TensorInfo => {
    const { x, filter, bias } = inputs as { x: tf.TensorInfo; filter: tf.TensorInfo; bias?: tf.TensorInfo }
    const info = convInfo(x.shape, filter.shape, attrs)
    const out = backend.makeOutput(info.outShape, 'float32')
    const tensors = { src: x, weights: filter, dst: out, bias }
    convolve('forward', info, backend, tensors, attrs.activation === 'relu')
    return out
  }
  derived.override(CONV_RELU, fused)
  derived.override('FusedConv2D', (call, original) =>
    isPlainFusion(call.inputs, call.attrs) && isNhwc(call.attrs) ? fused(call) : original(call),
  )
  derived.override('Conv2DBackpropInput', ({ inputs, backend, attrs }) => {
    const { dy, filter } = inputs as { dy: tf.TensorInfo; filter: tf.TensorInfo }
    const info = convInfo(attrs.inputShape as number[], filter.shape, attrs)
    const out = backend.makeOutput(info.inShape, 'float32')
    convolve('backward-data', info, backend, { src: out, weights: filter, dst: dy })
    return out
  })
  derived.override('Conv2DBackpropFilter', ({ inputs, backend, attrs }) => {
    const { x, dy } = inputs as { x: tf.TensorInfo; dy: tf.TensorInfo }
    const info = convInfo(x.shape, attrs.filterShape as number[], attrs)
    const out = backend.makeOutput(info.filterShape, 'float32')
    convolve('backward-weights', info, backend, { src: x, weights: out, dst: dy })
    return out
  })
}

function addReluGradient(derived: DerivedBackend, session: OneDnnSession, activationOf: ActivationOf): void {
  derived.override(RELU_GRADIENT, ({ inputs, backend }) => {
    const { dy, y } = inputs as { dy: tf.TensorInfo; y: tf.TensorInfo }
    const dz = backend.makeOutput(y.shape, 'float32')
    const at = session.heapAddress(backend)
    activationOf('relu', y)!.backward({ dst: at(y), diffDst: at(dy), diffSrc: at(dz) })
    return dz
  })
}

/** Products of two matrices; batches stay with the stock kernels. */
function addProducts(derived: DerivedBackend, multiply: ReturnType<typeof multiplier>): void {
  derived.override('BatchMatMul', (call, original) => {
    const { a, b } = call.inputs as { a: tf.TensorInfo; b: tf.TensorInfo }
    return isOneMatrix(a) && isOneMatrix(b) ? multiply(call.backend, a, b, call.attrs) : original(call)
  })
  derived.override('_FusedMatMul', (call, original) => {
    const { inputs, backend, attrs } = call
    const { a, b, bias } = inputs as { a: tf.TensorInfo; b: tf.TensorInfo; bias?: tf.TensorInfo }
    if (!isPlainFusion(inputs, attrs) || !isOneMatrix(a) || !isOneMatrix(b)) return original(call)
    let out = multiply(backend, a, b, attrs)
    if (bias) out = replaced(out, derived.run('Add', { a: out, b: bias }, backend), backend)
    return attrs.activation === 'relu' ? relu(derived, out, backend) : out
  })
}

/** Column sums (gradients of biases) are a product with a row of ones. */
function addColumnSums(derived: DerivedBackend, session: OneDnnSession): void {
  const { sgemm, addressOf } = session.api
  let ones = new Uint8Array(0)
  derived.override('Sum', (call, original) => {
    const { backend, attrs } = call
    const x = call.inputs.x!
    const reduction = leadingReduction(x, attrs.axis)
    if (!reduction) return original(call)
    const { rows, columns, kept } = reduction
    if (ones.length < 4 * rows) ones = new Uint8Array(new Float32Array(rows).fill(1).buffer)
    const out = backend.makeOutput(reducedShape(x, kept, attrs.keepDims), 'float32')
    const at = session.heapAddress(backend)
    check(sgemm(78, 78, 1, columns, rows, 1, addressOf(ones), rows, at(x), columns, 0, at(out), columns))
    return out
  })
}

/** One filter a channel: a convolution of as many groups. A multiplier other than 1 stays with the other kernels. */
function addDepthwise(derived: DerivedBackend, convolve: ReturnType<typeof convolver>): void {
  derived.override('DepthwiseConv2dNative', (call, original) => {
    const { backend, attrs } = call
    const { x, filter } = call.inputs as { x: tf.TensorInfo; filter: tf.TensorInfo }
    if (filter.shape[3] !== 1 || !isNhwc(attrs)) return original(call)
    const info = convInfo(x.shape, filter.shape, attrs, true)
    const out = backend.makeOutput(info.outShape, 'float32')
    convolve('forward', info, backend, { src: x, weights: filter, dst: out })
    return out
  })
  derived.override('DepthwiseConv2dNativeBackpropInput', (call, original) => {
    const { backend, attrs } = call
    const { dy, filter } = call.inputs as { dy: tf.TensorInfo; filter: tf.TensorInfo }
    if (filter.shape[3] !== 1) return original(call)
    const info = convInfo(attrs.inputShape as number[], filter.shape, attrs, true)
    const out = backend.makeOutput(info.inShape, 'float32')
    convolve('backward-data', info, backend, { src: out, weights: filter, dst: dy })
    return out
  })
  derived.override('DepthwiseConv2dNativeBackpropFilter', (call, original) => {
    const { backend, attrs } = call
    const { x, dy } = call.inputs as { x: tf.TensorInfo; dy: tf.TensorInfo }
    const filterShape = attrs.filterShape as number[]
    if (filterShape[3] !== 1) return original(call)
    const info = convInfo(x.shape, filterShape, attrs, true)
    const out = backend.makeOutput(filterShape, 'float32')
    convolve('backward-weights', info, backend, { src: x, weights: out, dst: dy })
    return out
  })
}

/** C = op(A) · op(B), row-major [M,K] × [K,N]. */
function multiplier(session: OneDnnSession) {
  const dnn = session.api
  return (backend: Wasm, a: tf.TensorInfo, b: tf.TensorInfo, attrs: Attrs): tf.TensorInfo => {
    const { transposeA, transposeB } = attrs as { transposeA: boolean; transposeB: boolean }
    const [a0, a1] = a.shape.slice(-2) as [number, number]
    const [b0, b1] = b.shape.slice(-2) as [number, number]
    const [M, K] = transposeA ? [a1, a0] : [a0, a1]
    const N = transposeB ? b0 : b1
    const lead = (a.shape.length >= b.shape.length ? a : b).shape.slice(0, -2)
    const out = backend.makeOutput([...lead, M, N], 'float32')
    const at = session.heapAddress(backend)
    const flag = (transposed: boolean) => (transposed ? 84 : 78) // 'T' : 'N'
    check(dnn.sgemm(flag(transposeA), flag(transposeB), M, N, K, 1, at(a), a1, at(b), b1, 0, at(out), N))
    return out
  }
}

const replaced = (old: tf.TensorInfo, fresh: tf.TensorInfo, backend: Wasm): tf.TensorInfo => {
  backend.disposeData(old.dataId)
  return fresh
}

const isOneMatrix = (t: tf.TensorInfo): boolean =>
  t.dtype === 'float32' && t.shape.slice(0, -2).every((d) => d === 1)

const isNhwc = (attrs: Attrs): boolean => (attrs.dataFormat ?? 'NHWC') === 'NHWC'

/** Bias and ReLU are the fusions done here; PReLU and other activations stay with the stock kernel. */
const isPlainFusion = (inputs: Record<string, tf.TensorInfo>, attrs: Attrs): boolean =>
  !inputs.preluActivationWeights && ['relu', 'linear', undefined, null].includes(attrs.activation as string)
