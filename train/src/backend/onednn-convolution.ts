import type * as tf from '@tensorflow/tfjs-core'
import type { Wasm } from './derived.ts'
import type { Handle } from './onednn-api.ts'
import { check, int64, type OneDnnSession, packArgs, TAG } from './onednn-session.ts'

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

type ConvTensors = {
  src: tf.TensorInfo
  weights: tf.TensorInfo
  dst: tf.TensorInfo
  bias?: tf.TensorInfo | undefined
}

/** Convolutions by oneDNN: forward and both gradients, on the wasm heap. */
export function convolver(session: OneDnnSession) {
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
 * Plans by shape. Weights go through a reorder into the layout that oneDNN picks (`any`): with tfjs's own HWIO its
 * convolutions are several times slower.
 */
function planner(session: OneDnnSession) {
  const plans = new Map<string, Plan>()
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
      plan = buildPlan(session, kind, i)
      plans.set(key, plan)
    }
    return plan
  }
}

/** Memory descriptors of a convolution: `anyWeights` leaves the layout to oneDNN, `hwio` is tfjs's. */
function describeTensors(session: OneDnnSession, kind: ConvKind, i: tf.backend_util.Conv2DInfo) {
  const window = [i.filterHeight, i.filterWidth]
  const weights = isDepthwise(i) ? [i.inChannels, 1, 1, ...window] : [i.outChannels, i.inChannels, ...window]
  return {
    src: session.describe([i.batchSize, i.inChannels, i.inHeight, i.inWidth], TAG.nhwc),
    dst: session.describe([i.batchSize, i.outChannels, i.outHeight, i.outWidth], TAG.nhwc),
    anyWeights: session.describe(weights, TAG.any),
    hwio: session.describe(weights, isDepthwise(i) ? TAG.hwigo : TAG.hwio),
    bias: kind === 'forward-bias' ? session.describe([i.outChannels], TAG.a) : null,
  }
}

type Described = ReturnType<typeof describeTensors>

/** The primitive of the convolution or of its gradient; a gradient takes the forward one as a hint. */
function describePrimitive(
  session: OneDnnSession,
  kind: ConvKind,
  i: tf.backend_util.Conv2DInfo,
  { src, dst, anyWeights, bias }: Described,
): Handle {
  const { api: dnn, engine } = session
  const geometry = [
    int64([i.strideHeight, i.strideWidth]),
    int64([i.dilationHeight - 1, i.dilationWidth - 1]),
    int64([i.padInfo.top, i.padInfo.left]),
    int64([i.padInfo.bottom, i.padInfo.right]),
  ] as const
  const forward = session.buffer(8192)
  check(
    dnn.convForwardInit(forward, FORWARD_TRAINING, CONVOLUTION_AUTO, src, anyWeights, bias, dst, ...geometry),
  )
  const hint = session.made((o) => dnn.primitiveDescCreate(o, forward, 0n, engine, 0n))
  if (kind === 'forward' || kind === 'forward-bias') return hint
  const backward = session.buffer(8192)
  check(
    kind === 'backward-data'
      ? dnn.convBackwardDataInit(backward, CONVOLUTION_AUTO, src, anyWeights, dst, ...geometry)
      : dnn.convBackwardWeightsInit(backward, CONVOLUTION_AUTO, src, anyWeights, null, dst, ...geometry),
  )
  return session.made((o) => dnn.primitiveDescCreate(o, backward, 0n, engine, hint))
}

function buildPlan(session: OneDnnSession, kind: ConvKind, i: tf.backend_util.Conv2DInfo): Plan {
  const { api: dnn, engine } = session
  const made = session.made.bind(session)
  const described = describeTensors(session, kind, i)
  const primitive = describePrimitive(session, kind, i, described)

  const toWeights = kind === 'backward-weights'
  const chosen = BigInt(dnn.primitiveDescQueryMd(primitive, toWeights ? QUERY.diffWeights : QUERY.weights, 0))
  const scratch = dnn.addressOf(session.buffer(Number(dnn.memoryDescSize(chosen)) + ALIGNMENT))
  const aligned = (scratch + BigInt(ALIGNMENT - 1)) & ~BigInt(ALIGNMENT - 1)
  const plain = dnn.addressOf(described.hwio)
  const [from, to] = toWeights ? [chosen, plain] : [plain, chosen]
  const reorder = made((o) => dnn.reorderDescCreate(o, from, engine, to, engine, 0n))

  const src = session.memory(described.src, 0n)
  const dst = session.memory(described.dst, 0n)
  const inner = session.memory(chosen, aligned)
  const weights = session.memory(described.hwio, 0n)
  const bias = described.bias ? session.memory(described.bias, 0n) : undefined
  const [reorderSrc, reorderDst] = toWeights ? [inner, weights] : [weights, inner]
  return {
    run: made((o) => dnn.primitiveCreate(o, primitive)),
    reorder: made((o) => dnn.primitiveCreate(o, reorder)),
    runArgs: packArgs(runArgs(kind, { src, dst, weights: inner, bias: bias ?? 0n })),
    reorderArgs: packArgs([
      [ARG.src, reorderSrc],
      [ARG.dst, reorderDst],
    ]),
    src,
    dst,
    weights,
    bias,
  }
}

type Memories = { src: Handle; dst: Handle; weights: Handle; bias: Handle }

/** A gradient's result stands where the forward pass has its input. */
function runArgs(kind: ConvKind, { src, dst, weights, bias }: Memories): [number, Handle][] {
  const backward = kind === 'backward-data' || kind === 'backward-weights'
  return [
    [kind === 'backward-data' ? ARG.diffSrc : ARG.src, src],
    [kind === 'backward-weights' ? ARG.diffWeights : ARG.weights, weights],
    [backward ? ARG.diffDst : ARG.dst, dst],
    ...(kind === 'forward-bias' ? ([[ARG.bias, bias]] as [number, Handle][]) : []),
  ]
}

/** A [h,w,C,1] filter of C channels: an ordinary one that has a single output channel for a single input is the same. */
const isDepthwise = (i: tf.backend_util.Conv2DInfo): boolean =>
  i.filterShape[3] === 1 && i.outChannels === i.inChannels
