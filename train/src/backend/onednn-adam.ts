import * as tf from '@tensorflow/tfjs-core'
import { ADAM, type AdamInputs, type AdamStep } from './adam.ts'
import type { DerivedBackend, KernelCall } from './derived.ts'
import type { Handle } from './onednn-api.ts'
import { ARG, check, type OneDnnSession, type Run, TAG } from './onednn-session.ts'

// Values of dnnl_types.h, oneDNN 2.x
const [ADD, MULTIPLY, MAXIMUM] = [0x1fff0, 0x1fff1, 0x1fff2] as const
const [SQUARE_ROOT, LINEAR, POWER] = [0x6f, 0x7f, 0x20] as const

/** Values from which on three calls of the library cost less than a loop in JavaScript. */
const MANY = 2 ** 12

/** The kernel of `adam.ts` by three of oneDNN's binary operations, each with what follows it fused. */
export function addOneDnnAdam(derived: DerivedBackend, session: OneDnnSession): void {
  const { kernelFunc } = tf.getKernel(ADAM, derived.name)!
  const loop = kernelFunc as unknown as (call: KernelCall) => tf.TensorInfo[]
  const planOf = session.planned((size: number, beta1: number, beta2: number) =>
    build(session, size, beta1, beta2),
  )
  /** What changes from step to step: oneDNN reads it when it runs. */
  const scalars = new Float32Array(session.buffer(1024).buffer)
  derived.overrideMany(ADAM, (call) => {
    const { inputs, backend, attrs } = call
    const { w, m, v, g } = inputs as AdamInputs
    const { rate, beta1, beta2, epsilon } = attrs as AdamStep
    const size = tf.util.sizeFromShape(w.shape)
    if (size < MANY) return loop(call)
    const made = () => backend.makeOutput(w.shape, 'float32')
    const [w1, m1, v1] = [made(), made(), made()]
    session.threadsFor(w, () => {
      const plan = planOf(size, beta1, beta2)
      const at = session.heapAddress(backend)
      scalars.set([(1 - beta1) / beta1, (1 - beta2) / beta2, epsilon, -rate, 0])
      const scalar = (index: number) =>
        session.api.addressOf(new Uint8Array(scalars.buffer)) + BigInt(4 * index)
      plan.mean({ x: at(g), fresh: scalar(0), m: at(m), dst: at(m1) })
      plan.square({ x: at(g), g: at(g), fresh: scalar(1), v: at(v), dst: at(v1) })
      plan.update({
        x: at(v1),
        zero: scalar(4),
        epsilon: scalar(2),
        m: at(m1),
        rate: scalar(3),
        w: at(w),
        dst: at(w1),
      })
    })
    return [w1, m1, v1]
  })
}

function build(session: OneDnnSession, size: number, beta1: number, beta2: number) {
  return {
    mean: chain(session, size, [
      { by: MULTIPLY, scalar: 'fresh' },
      { by: ADD, operand: 'm' },
      { eltwise: LINEAR, alpha: beta1 },
    ]),
    square: chain(session, size, [
      { by: MULTIPLY, operand: 'g' },
      { by: MULTIPLY, scalar: 'fresh' },
      { by: ADD, operand: 'v' },
      { eltwise: LINEAR, alpha: beta2 },
    ]),
    update: chain(session, size, [
      { by: MAXIMUM, scalar: 'zero' }, // no change: a chain begins with an operation of two operands
      { eltwise: SQUARE_ROOT },
      { by: ADD, scalar: 'epsilon' },
      { eltwise: POWER, alpha: 1, beta: -1 },
      { by: MULTIPLY, operand: 'm' },
      { by: MULTIPLY, scalar: 'rate' },
      { by: ADD, operand: 'w' },
    ]),
  }
}

type Link =
  | { by: number; operand: string }
  | { by: number; scalar: string }
  | { eltwise: number; alpha?: number; beta?: number }

/** One pass over `x`: each operation works on the result of the one before it. */
function chain(session: OneDnnSession, size: number, links: readonly Link[]): Run<string> {
  const { api } = session
  const [whole, one] = [session.describe([size], TAG.a), session.describe([1], TAG.a)]
  const args: Record<string, readonly [number, Uint8Array]> = { x: [ARG.src, whole], dst: [ARG.dst, whole] }
  const postOps = session.made((out) => api.postOpsCreate(out))
  let algorithm = 0
  for (const [i, link] of links.entries()) {
    if ('eltwise' in link) {
      check(api.postOpsEltwise(postOps, 1, link.eltwise, link.alpha ?? 0, link.beta ?? 0))
      continue
    }
    const [name, md] = 'scalar' in link ? [link.scalar, one] : [link.operand, whole]
    if (i === 0) algorithm = link.by
    else check(api.postOpsBinary(postOps, link.by, md))
    args[name] = [i === 0 ? ARG.secondSrc : ARG.postOp * i + ARG.secondSrc, md]
  }
  const attributes: Handle = session.made((out) => api.attributesCreate(out))
  check(api.attributesSetPostOps(attributes, postOps))
  const second = 'scalar' in links[0]! ? one : whole
  const desc = session.primitiveDesc(
    (d) => api.binaryInit(d, algorithm, whole, second, whole),
    0n,
    attributes,
  )
  return session.compile(desc, args)
}
