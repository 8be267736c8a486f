import type * as tf from '@tensorflow/tfjs-core'
import type { Wasm } from './derived.ts'
import type { Handle } from './onednn-api.ts'
import { OneDnnScratch } from './onednn-scratch.ts'
import { ARG, check, FORWARD_TRAINING, int64, type OneDnnSession, type Run, TAG } from './onednn-session.ts'

// Values of dnnl_types.h, oneDNN 2.x
const [WINOGRAD, AUTO] = [2, 3] as const
const RELU = 0x1f
const QUERY = { src: 129, diffSrc: 130, weights: 131, diffWeights: 132, dst: 133, diffDst: 134 } as const

type Pass = 'forward' | 'backward-data' | 'backward-weights'
/** What a pass reads or writes; of a gradient `src`, `weights` or `dst` stands for the gradient of it. */
type Role = 'src' | 'weights' | 'dst'
const WRITES: Record<Pass, Role> = { forward: 'dst', 'backward-data': 'src', 'backward-weights': 'weights' }

type ConvTensors = Record<Role, tf.TensorInfo> & { bias?: tf.TensorInfo | undefined }
type Info = tf.backend_util.Conv2DInfo

/** A convolution of one shape. A role without `reorder` is taken as tfjs has it. */
type Plan = {
  run: Run<string>
  roles: Record<Role, { layout: Handle; bytes: number; reorder: Run<'src' | 'dst'> | undefined }>
}

/** Convolutions by oneDNN: forward and both gradients, on the wasm heap. `relu` is for forward passes only. */
export function convolver(session: OneDnnSession) {
  const scratch = new OneDnnScratch(session.api)
  const plans = new Map<string, Plan>()
  return (pass: Pass, info: Info, backend: Wasm, tensors: ConvTensors, relu = false): void => {
    const key = keyOf(pass, info, tensors.bias !== undefined, relu)
    const plan = plans.get(key) ?? buildPlan(session, pass, info, tensors.bias !== undefined, relu)
    plans.set(key, plan)
    const at = session.heapAddress(backend)
    const written = WRITES[pass]
    const addresses: Record<string, Handle> = {}
    for (const role of ['src', 'weights', 'dst'] as const) {
      const { layout, bytes, reorder } = plan.roles[role]
      const t = tensors[role]
      if (!reorder) addresses[role] = at(t)
      else if (role === written) addresses[role] = scratch.room('written', bytes)
      else
        addresses[role] = scratch.filled(role, layout, bytes, t.dataId, (dst) => reorder({ src: at(t), dst }))
    }
    if (tensors.bias) addresses.bias = at(tensors.bias)
    plan.run(addresses)
    plan.roles[written].reorder?.({ src: addresses[written]!, dst: at(tensors[written]) })
  }
}

function keyOf(pass: Pass, i: Info, bias: boolean, relu: boolean): string {
  const { top, bottom, left, right } = i.padInfo
  const steps = [i.strideHeight, i.strideWidth, i.dilationHeight, i.dilationWidth]
  return [pass, bias, relu, ...i.inShape, ...i.filterShape, ...steps, top, bottom, left, right].join()
}

/**
 * Winograd's algorithm takes less than half the time where oneDNN has it (AVX-512) and rounds no worse: 2e-6 of the largest
 * value was seen. It follows from the shape alone, never from a measurement: a run that is continued must take it again.
 */
const suitsWinograd = (i: Info): boolean =>
  i.filterHeight === 3 &&
  i.filterWidth === 3 &&
  i.strideHeight === 1 &&
  i.strideWidth === 1 &&
  i.dilationHeight === 1 &&
  i.dilationWidth === 1 &&
  !isDepthwise(i) &&
  Math.min(i.inChannels, i.outChannels) >= 16

function buildPlan(session: OneDnnSession, pass: Pass, i: Info, bias: boolean, relu: boolean): Plan {
  const descOf = (winograd: boolean) => describePrimitive(session, pass, i, { winograd, bias, relu })
  let desc: Handle | undefined
  if (suitsWinograd(i)) {
    try {
      desc = descOf(true)
    } catch {
      // not on this processor, or not for this padding
    }
  }
  desc ??= descOf(false)

  const plain = plainLayouts(session, i)
  const roles = {} as Plan['roles']
  const args: Record<string, readonly [number, Uint8Array | Handle]> = {}
  for (const [role, { query, arg }] of Object.entries(ARGUMENTS[pass]) as [Role, Argument][]) {
    const { md, bytes } = session.layoutOf(desc, query)
    const own = session.api.addressOf(plain[role])
    const [from, to] = role === WRITES[pass] ? [md, own] : [own, md]
    roles[role] = { layout: md, bytes, reorder: session.reorder(from, to) }
    args[role] = [arg, md]
  }
  if (bias) args.bias = [ARG.bias, session.describe([i.outChannels], TAG.a)]
  return { run: session.compile(desc, args), roles }
}

type Argument = { query: number; arg: number }
const ARGUMENTS: Record<Pass, Record<Role, Argument>> = {
  forward: {
    src: { query: QUERY.src, arg: ARG.src },
    weights: { query: QUERY.weights, arg: ARG.weights },
    dst: { query: QUERY.dst, arg: ARG.dst },
  },
  'backward-data': {
    src: { query: QUERY.diffSrc, arg: ARG.diffSrc },
    weights: { query: QUERY.weights, arg: ARG.weights },
    dst: { query: QUERY.diffDst, arg: ARG.diffDst },
  },
  'backward-weights': {
    src: { query: QUERY.src, arg: ARG.src },
    weights: { query: QUERY.diffWeights, arg: ARG.diffWeights },
    dst: { query: QUERY.diffDst, arg: ARG.diffDst },
  },
}

const shapesOf = (i: Info) => {
  const window = [i.filterHeight, i.filterWidth]
  return {
    src: [i.batchSize, i.inChannels, i.inHeight, i.inWidth],
    dst: [i.batchSize, i.outChannels, i.outHeight, i.outWidth],
    weights: isDepthwise(i) ? [i.inChannels, 1, 1, ...window] : [i.outChannels, i.inChannels, ...window],
  }
}

/** As tfjs has them. */
function plainLayouts(session: OneDnnSession, i: Info): Record<Role, Uint8Array> {
  const { src, dst, weights } = shapesOf(i)
  return {
    src: session.describe(src, TAG.nhwc),
    dst: session.describe(dst, TAG.nhwc),
    weights: session.describe(weights, isDepthwise(i) ? TAG.hwigo : TAG.hwio),
  }
}

/**
 * The primitive of the convolution or of its gradient; a gradient takes the forward one as a hint. The layout of weights is
 * oneDNN's choice: with tfjs's own its convolutions are several times slower. Winograd has a layout of its own for all.
 */
function describePrimitive(
  session: OneDnnSession,
  pass: Pass,
  i: Info,
  { winograd, bias, relu }: { winograd: boolean; bias: boolean; relu: boolean },
): Handle {
  const { api: dnn } = session
  const shapes = shapesOf(i)
  const tag = winograd ? TAG.any : TAG.nhwc
  const [src, dst] = [session.describe(shapes.src, tag), session.describe(shapes.dst, tag)]
  const weights = session.describe(shapes.weights, TAG.any)
  const biasMd = bias ? session.describe([i.outChannels], TAG.a) : null
  const algorithm = winograd ? WINOGRAD : AUTO
  const geometry = [
    int64([i.strideHeight, i.strideWidth]),
    int64([i.dilationHeight - 1, i.dilationWidth - 1]),
    int64([i.padInfo.top, i.padInfo.left]),
    int64([i.padInfo.bottom, i.padInfo.right]),
  ] as const
  const forward = session.primitiveDesc(
    (d) => dnn.convForwardInit(d, FORWARD_TRAINING, algorithm, src, weights, biasMd, dst, ...geometry),
    0n,
    relu ? withRelu(session) : 0n,
  )
  if (pass === 'forward') return forward
  return session.primitiveDesc(
    (d) =>
      pass === 'backward-data'
        ? dnn.convBackwardDataInit(d, algorithm, src, weights, dst, ...geometry)
        : dnn.convBackwardWeightsInit(d, algorithm, src, weights, null, dst, ...geometry),
    forward,
  )
}

function withRelu(session: OneDnnSession): Handle {
  const { api } = session
  const postOps = session.made((out) => api.postOpsCreate(out))
  check(api.postOpsEltwise(postOps, 1, RELU, 0, 0))
  const attributes = session.made((out) => api.attributesCreate(out))
  check(api.attributesSetPostOps(attributes, postOps))
  return attributes
}

/** A [h,w,C,1] filter of C channels: an ordinary one that has a single output channel for a single input is the same. */
const isDepthwise = (i: Info): boolean => i.filterShape[3] === 1 && i.outChannels === i.inChannels
