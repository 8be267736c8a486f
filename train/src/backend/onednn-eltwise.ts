import * as tf from '@tensorflow/tfjs-core'
import {
  type Activation,
  type ActivationOf,
  ARG,
  FORWARD_TRAINING,
  type OneDnnSession,
  TAG,
} from './onednn-session.ts'

// Values of dnnl_types.h, oneDNN 2.x: [algorithm, that of a gradient from the result, its two parameters]
const ALGORITHM = { relu: [0x1f, 0x100, 0, 0], relu6: [0x10, 0x106, 0, 6] } as const

/** ReLU and ReLU6 by oneDNN, and their gradients; both may work in place. Undefined for `linear`. */
export function eltwise(session: OneDnnSession): ActivationOf {
  const planOf = session.planned((activation: keyof typeof ALGORITHM, size: number): Activation => {
    const { api } = session
    const [algorithm, fromResult, low, high] = ALGORITHM[activation]
    const data = session.describe([size], TAG.a)
    const forward = session.primitiveDesc((desc) =>
      api.eltwiseForwardInit(desc, FORWARD_TRAINING, algorithm, data, low, high),
    )
    const hint = session.primitiveDesc((desc) =>
      api.eltwiseForwardInit(desc, FORWARD_TRAINING, fromResult, data, low, high),
    )
    const backward = session.primitiveDesc(
      (desc) => api.eltwiseBackwardInit(desc, fromResult, data, data, low, high),
      hint,
    )
    return {
      forward: session.compile(forward, { src: [ARG.src, data], dst: [ARG.dst, data] }),
      backward: session.compile(backward, {
        dst: [ARG.dst, data],
        diffDst: [ARG.diffDst, data],
        diffSrc: [ARG.diffSrc, data],
      }),
    }
  })
  return (activation, x) =>
    activation === 'linear' ? undefined : planOf(activation, tf.util.sizeFromShape(x.shape))
}
