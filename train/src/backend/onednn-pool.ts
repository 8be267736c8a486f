import type * as tf from '@tensorflow/tfjs-core'
import { type DerivedBackend, poolInfo } from './derived.ts'
import { OneDnnScratch } from './onednn-scratch.ts'
import { ARG, FORWARD_TRAINING, int64, type OneDnnSession, TAG } from './onednn-session.ts'

// Values of dnnl_types.h, oneDNN 2.x
const MAXIMUM = 0x1ff
const QUERY_WORKSPACE = 135

type Info = tf.backend_util.Conv2DInfo

/** Max pooling and its gradient by oneDNN. Of several equal inputs of a window the first in row order counts, as on `cpu`. */
export function addOneDnnPool(derived: DerivedBackend, session: OneDnnSession): void {
  const scratch = new OneDnnScratch(session.api)
  const plans = new Map<string, ReturnType<typeof build>>()
  const planOf = (info: Info) => {
    const { top, bottom, left, right } = info.padInfo
    const steps = [info.filterHeight, info.filterWidth, info.strideHeight, info.strideWidth]
    const key = [...info.inShape, ...steps, top, bottom, left, right].join()
    const plan = plans.get(key) ?? build(session, info)
    plans.set(key, plan)
    return plan
  }

  derived.override('MaxPool', (call, original) => {
    const { backend, attrs } = call
    const x = call.inputs.x!
    if (x.dtype !== 'float32') return original(call)
    const info = poolInfo(x.shape, attrs)
    const y = backend.makeOutput(info.outShape, 'float32')
    const { forward, workspaceBytes } = planOf(info)
    const at = session.heapAddress(backend)
    forward({ src: at(x), dst: at(y), workspace: scratch.room('workspace', workspaceBytes) })
    return y
  })
  derived.override('MaxPoolGrad', ({ inputs, backend, attrs }) => {
    const { dy, input: x } = inputs as { dy: tf.TensorInfo; input: tf.TensorInfo }
    const info = poolInfo(x.shape, attrs)
    const dx = backend.makeOutput(x.shape, 'float32')
    const { forward, backward, workspaceBytes } = planOf(info)
    const at = session.heapAddress(backend)
    const workspace = scratch.room('workspace', workspaceBytes)
    // The forward pass is made again for its workspace, which says where each maximum was.
    const outBytes = 4 * info.outShape.reduce((a, b) => a * b)
    forward({ src: at(x), dst: scratch.room('again', outBytes), workspace })
    backward({ diffDst: at(dy), diffSrc: at(dx), workspace })
    return dx
  })
}

function build(session: OneDnnSession, i: Info) {
  const { api } = session
  const src = session.describe([i.batchSize, i.inChannels, i.inHeight, i.inWidth], TAG.nhwc)
  const dst = session.describe([i.batchSize, i.outChannels, i.outHeight, i.outWidth], TAG.nhwc)
  const geometry = [
    int64([i.strideHeight, i.strideWidth]),
    int64([i.filterHeight, i.filterWidth]),
    int64([i.padInfo.top, i.padInfo.left]),
    int64([i.padInfo.bottom, i.padInfo.right]),
  ] as const
  const forward = session.primitiveDesc((desc) =>
    api.poolingForwardInit(desc, FORWARD_TRAINING, MAXIMUM, src, dst, ...geometry),
  )
  const backward = session.primitiveDesc(
    (desc) => api.poolingBackwardInit(desc, MAXIMUM, src, dst, ...geometry),
    forward,
  )
  const workspace = session.layoutOf(forward, QUERY_WORKSPACE)
  return {
    forward: session.compile(forward, {
      src: [ARG.src, src],
      dst: [ARG.dst, dst],
      workspace: [ARG.workspace, workspace.md],
    }),
    backward: session.compile(backward, {
      diffDst: [ARG.diffDst, dst],
      diffSrc: [ARG.diffSrc, src],
      workspace: [ARG.workspace, workspace.md],
    }),
    workspaceBytes: workspace.bytes,
  }
}
