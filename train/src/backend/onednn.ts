import type * as tf from '@tensorflow/tfjs-core'
import {
  type Attrs,
  convInfo,
  type DerivedBackend,
  leadingReduction,
  reducedShape,
  type Wasm,
} from './derived.ts'
import type { Handle } from './onednn-api.ts'
import { addOneDnnNorm } from './onednn-norm.ts'
import { check, int64, OneDnnSession, packArgs, TAG } from './onednn-session.ts'

// Values of dnnl_types.h, oneDNN 2.x
const FORWARD_TRAINING = 64
const CONVOLUTION_AUTO = 3
const QUERY = { weights: 131, diffWeights: 132 } as const
const ARG = { src: 1, dst: 17, weights: 33, bias: 41, diffSrc: 129, diffDst: 145, diffWeights: 161 } as const
const ALIGNMENT = 64

type ConvKind = 'forward' | 'forward-bias' | 'backward-data' | 'backward-weights'
/** A compiled convolution of one shape, with the memory objects whose addresses are set before each run. */
type Plan = {
  run: Handle
  reorder: Handle
  runArgs: Uint8Array
  reorderArgs: Uint8Array
  src: Handle
  dst: Handle
  weights: Handle
  bias: Handle | undefined
}

/**
 * Replaces the heavy kernels of a wasm-derived backend by oneDNN's, which work on the wasm heap itself: no copies.
 * Plans are cached by shape, so a training run should keep its batch size.
 * @returns oneDNN's version
 * @throws where libdnnl.so.2 cannot be opened; nothing is overridden then
 */
export function addOneDnnKernels(derived: DerivedBackend): string {
  const session = new OneDnnSession()
  const dnn = session.api
  const convolve = convolver(session)
  const multiply = multiplier(session)
  addOneDnnNorm(derived, session)
  const relu = (x: tf.TensorInfo, backend: Wasm): tf.TensorInfo =>
    replaced(x, derived.run('Relu', { x }, backend), backend)

  derived.override('Conv2D', ({ inputs, backend, attrs }, original) => {
    const { x, filter } = inputs as { x: tf.TensorInfo; filter: tf.TensorInfo }
    if (!isNhwc(attrs)) return original({ inputs, backend, attrs })
    const info = convInfo(x.shape, filter.shape, attrs)
    const out = backend.makeOutput(info.outShape, 'float32')
    convolve('forward', info, backend, { src: x, weights: filter, dst: out })
    return out
  })
  derived.override('FusedConv2D', (call, original) => {
    const { inputs, backend, attrs } = call
    const { x, filter, bias } = inputs as { x: tf.TensorInfo; filter: tf.TensorInfo; bias?: tf.TensorInfo }
    if (!isPlainFusion(call.inputs, attrs) || !isNhwc(attrs)) return original(call)
    const info = convInfo(x.shape, filter.shape, attrs)
    const out = backend.makeOutput(info.outShape, 'float32')
    convolve(bias ? 'forward-bias' : 'forward', info, backend, { src: x, weights: filter, dst: out, bias })
    return attrs.activation === 'relu' ? relu(out, backend) : out
  })
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

  addDepthwise(derived, convolve)

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
    return attrs.activation === 'relu' ? relu(out, backend) : out
  })

  // Column sums (gradients of biases) are a product with a row of ones.
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
    check(
      dnn.sgemm(78, 78, 1, columns, rows, 1, dnn.addressOf(ones), rows, at(x), columns, 0, at(out), columns),
    )
    return out
  })
  return dnn.version
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

type ConvTensors = {
  src: tf.TensorInfo
  weights: tf.TensorInfo
  dst: tf.TensorInfo
  bias?: tf.TensorInfo | undefined
}

function convolver(session: OneDnnSession) {
  const dnn = session.api
  const planFor = planner(session)
  return (kind: ConvKind, info: tf.backend_util.Conv2DInfo, backend: Wasm, tensors: ConvTensors): void => {
    const plan = planFor(kind, info)
    const at = session.heapAddress(backend)
    check(dnn.memorySetData(plan.src, at(tensors.src)))
    check(dnn.memorySetData(plan.dst, at(tensors.dst)))
    check(dnn.memorySetData(plan.weights, at(tensors.weights)))
    if (plan.bias && tensors.bias) check(dnn.memorySetData(plan.bias, at(tensors.bias)))
    const convolution = () => session.execute(plan.run, plan.runArgs)
    const reorder = () => session.execute(plan.reorder, plan.reorderArgs)
    if (kind === 'backward-weights') {
      convolution()
      reorder()
    } else {
      reorder()
      convolution()
    }
    check(dnn.streamWait(session.stream))
  }
}

/**
 * Weights go through a reorder into the layout that oneDNN picks (`any`): with tfjs's own HWIO its convolutions are
 * several times slower.
 */
function planner(session: OneDnnSession) {
  const { api: dnn, engine } = session
  const made = session.made.bind(session)
  const describe = session.describe.bind(session)
  const plans = new Map<string, Plan>()
  const build = (kind: ConvKind, i: tf.backend_util.Conv2DInfo): Plan => {
    const src = describe([i.batchSize, i.inChannels, i.inHeight, i.inWidth], TAG.nhwc)
    const dst = describe([i.batchSize, i.outChannels, i.outHeight, i.outWidth], TAG.nhwc)
    const window = [i.filterHeight, i.filterWidth]
    const weightDims = isDepthwise(i)
      ? [i.inChannels, 1, 1, ...window]
      : [i.outChannels, i.inChannels, ...window]
    const anyWeights = describe(weightDims, TAG.any)
    const hwio = describe(weightDims, isDepthwise(i) ? TAG.hwigo : TAG.hwio)
    const bias = kind === 'forward-bias' ? describe([i.outChannels], TAG.a) : null
    const geometry = [
      int64([i.strideHeight, i.strideWidth]),
      int64([i.dilationHeight - 1, i.dilationWidth - 1]),
      int64([i.padInfo.top, i.padInfo.left]),
      int64([i.padInfo.bottom, i.padInfo.right]),
    ] as const

    const forward = session.buffer(8192)
    check(
      dnn.convForwardInit(
        forward,
        FORWARD_TRAINING,
        CONVOLUTION_AUTO,
        src,
        anyWeights,
        bias,
        dst,
        ...geometry,
      ),
    )
    let primitiveDesc = made((o) => dnn.primitiveDescCreate(o, forward, 0n, engine, 0n))
    if (kind === 'backward-data' || kind === 'backward-weights') {
      const hint = primitiveDesc
      const desc = session.buffer(8192)
      check(
        kind === 'backward-data'
          ? dnn.convBackwardDataInit(desc, CONVOLUTION_AUTO, src, anyWeights, dst, ...geometry)
          : dnn.convBackwardWeightsInit(desc, CONVOLUTION_AUTO, src, anyWeights, null, dst, ...geometry),
      )
      primitiveDesc = made((o) => dnn.primitiveDescCreate(o, desc, 0n, engine, hint))
    }

    const toWeights = kind === 'backward-weights'
    const chosen = BigInt(
      dnn.primitiveDescQueryMd(primitiveDesc, toWeights ? QUERY.diffWeights : QUERY.weights, 0),
    )
    const scratch = dnn.addressOf(session.buffer(Number(dnn.memoryDescSize(chosen)) + ALIGNMENT))
    const aligned = (scratch + BigInt(ALIGNMENT - 1)) & ~BigInt(ALIGNMENT - 1)
    const plain = dnn.addressOf(hwio)
    const [from, to] = toWeights ? [chosen, plain] : [plain, chosen]
    const reorderDesc = made((o) => dnn.reorderDescCreate(o, from, engine, to, engine, 0n))

    const srcMemory = session.memory(src, 0n)
    const dstMemory = session.memory(dst, 0n)
    const inner = session.memory(chosen, aligned)
    const outer = session.memory(hwio, 0n)
    const biasMemory = bias ? session.memory(bias, 0n) : undefined
    const args: Record<ConvKind, [number, Handle][]> = {
      forward: [
        [ARG.src, srcMemory],
        [ARG.weights, inner],
        [ARG.dst, dstMemory],
      ],
      'forward-bias': [
        [ARG.src, srcMemory],
        [ARG.weights, inner],
        [ARG.bias, biasMemory ?? 0n],
        [ARG.dst, dstMemory],
      ],
      'backward-data': [
        [ARG.diffSrc, srcMemory],
        [ARG.weights, inner],
        [ARG.diffDst, dstMemory],
      ],
      'backward-weights': [
        [ARG.src, srcMemory],
        [ARG.diffWeights, inner],
        [ARG.diffDst, dstMemory],
      ],
    }
    return {
      run: made((o) => dnn.primitiveCreate(o, primitiveDesc)),
      reorder: made((o) => dnn.primitiveCreate(o, reorderDesc)),
      runArgs: packArgs(args[kind]),
      reorderArgs: packArgs(
        toWeights
          ? [
              [ARG.src, inner],
              [ARG.dst, outer],
            ]
          : [
              [ARG.src, outer],
              [ARG.dst, inner],
            ],
      ),
      src: srcMemory,
      dst: dstMemory,
      weights: outer,
      bias: biasMemory,
    }
  }

  return (kind: ConvKind, i: tf.backend_util.Conv2DInfo): Plan => {
    const { top, bottom, left, right } = i.padInfo
    const key = [
      kind,
      ...i.inShape,
      ...i.filterShape,
      i.strideHeight,
      i.strideWidth,
      i.dilationHeight,
      i.dilationWidth,
      top,
      bottom,
      left,
      right,
    ].join()
    let plan = plans.get(key)
    if (!plan) {
      plan = build(kind, i)
      plans.set(key, plan)
    }
    return plan
  }
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

/** A [h,w,C,1] filter of C channels: an ordinary one that has a single output channel for a single input is the same. */
const isDepthwise = (i: tf.backend_util.Conv2DInfo): boolean =>
  i.filterShape[3] === 1 && i.outChannels === i.inChannels

const isOneMatrix = (t: tf.TensorInfo): boolean =>
  t.dtype === 'float32' && t.shape.slice(0, -2).every((d) => d === 1)

const isNhwc = (attrs: Attrs): boolean => (attrs.dataFormat ?? 'NHWC') === 'NHWC'

/** Bias and ReLU are the fusions done here; PReLU and other activations stay with the stock kernel. */
const isPlainFusion = (inputs: Record<string, tf.TensorInfo>, attrs: Attrs): boolean =>
  !inputs.preluActivationWeights && ['relu', 'linear', undefined, null].includes(attrs.activation as string)
