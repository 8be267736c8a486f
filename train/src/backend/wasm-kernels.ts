import type * as tf from '@tensorflow/tfjs-core'
import { addAdam } from './adam.ts'
import { addDepthwiseGradients } from './depthwise-gradients.ts'
import {
  convInfo,
  type DerivedBackend,
  leadingReduction,
  poolInfo,
  reducedShape,
  type Wasm,
} from './derived.ts'
import { addNormKernels } from './norm.ts'

/**
 * What the wasm backend lacks for training, composed of kernels that it has, and a few that are quicker so.
 * Checked against the pure JavaScript backend in test/train/backend.
 */
export function addTrainingKernels(derived: DerivedBackend): void {
  addNormKernels(derived)
  addAdam(derived)
  addDepthwiseGradients(derived)
  addConvolutionGradients(derived)
  addSharing(derived)
  addColumnSums(derived)
  addMaxPoolGradient(derived)
}

function addConvolutionGradients(derived: DerivedBackend): void {
  const { run } = bound(derived)
  // dW = x ⋆ dy: a convolution in which batch and channels change places, and strides become dilations.
  derived.override('Conv2DBackpropFilter', ({ inputs, backend, attrs }) => {
    const { x, dy } = inputs as { x: tf.TensorInfo; dy: tf.TensorInfo }
    const info = convInfo(x.shape, attrs.filterShape as number[], attrs)
    const { top, bottom, left, right } = info.padInfo
    const xt = run('Transpose', { x }, backend, { perm: [3, 1, 2, 0] }) // [C,H,W,N]
    const dyt = run('Transpose', { x: dy }, backend, { perm: [1, 2, 0, 3] }) // [h,w,N,O]
    const out = run('Conv2D', { x: xt, filter: dyt }, backend, {
      strides: 1,
      pad: [
        [0, 0],
        [top, bottom],
        [left, right],
        [0, 0],
      ],
      dataFormat: 'NHWC',
      dilations: [info.strideHeight, info.strideWidth],
    }) // [C,kh,kw,O]
    const cropped = crop(out, info.filterHeight, info.filterWidth, backend, run)
    const dw = run('Transpose', { x: cropped }, backend, { perm: [1, 2, 0, 3] }) // [kh,kw,C,O]
    release(backend, xt, dyt, out, ...(cropped === out ? [] : [cropped]))
    return dw
  })

  // dx = full correlation of dy with the turned filter; only for stride 1, the stock kernel does the rest.
  derived.override('Conv2DBackpropInput', (call, original) => {
    const { inputs, backend, attrs } = call
    const { dy, filter } = inputs as { dy: tf.TensorInfo; filter: tf.TensorInfo }
    const info = convInfo(attrs.inputShape as number[], filter.shape, attrs)
    if (info.strideHeight !== 1 || info.strideWidth !== 1) return original(call)
    const { filterHeight: kh, filterWidth: kw, padInfo: p } = info
    const turned = run('Reverse', { x: filter }, backend, { dims: [0, 1] })
    const swapped = run('Transpose', { x: turned }, backend, { perm: [0, 1, 3, 2] })
    const dx = run('Conv2D', { x: dy, filter: swapped }, backend, {
      strides: 1,
      pad: [
        [0, 0],
        [kh - 1 - p.top, kh - 1 - p.bottom],
        [kw - 1 - p.left, kw - 1 - p.right],
        [0, 0],
      ],
      dataFormat: 'NHWC',
      dilations: 1,
    })
    release(backend, turned, swapped)
    return dx
  })
}

/** The stock kernels copy; the value is never written to, so a further reference will do. */
function addSharing(derived: DerivedBackend): void {
  const share = (x: tf.TensorInfo, backend: Wasm): tf.TensorInfo => {
    backend.incRef(x.dataId)
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype }
  }
  derived.override('Identity', ({ inputs, backend }) => share(inputs.x!, backend))
  derived.override('Cast', (call, original) =>
    call.inputs.x!.dtype === call.attrs.dtype ? share(call.inputs.x!, call.backend) : original(call),
  )
}

function addColumnSums(derived: DerivedBackend): void {
  derived.override('Sum', (call, original) => {
    const { backend, attrs } = call
    const x = call.inputs.x!
    const reduction = leadingReduction(x, attrs.axis)
    if (!reduction) return original(call)
    const { rows, columns, kept } = reduction
    const out = backend.makeOutput(reducedShape(x, kept, attrs.keepDims), 'float32')
    const values = backend.typedArrayFromHeap(x)
    const sums = new Float64Array(columns)
    for (let r = 0, k = 0; r < rows; r++) for (let c = 0; c < columns; c++) sums[c]! += values[k++]!
    backend.typedArrayFromHeap(out).set(sums)
    return out
  })
}

function addMaxPoolGradient(derived: DerivedBackend): void {
  derived.override('MaxPoolGrad', (call, original) => {
    const { dy, input } = call.inputs as { dy: tf.TensorInfo; input: tf.TensorInfo }
    const info = poolInfo(input.shape, call.attrs)
    const { padInfo: p } = info
    const tiles =
      info.filterHeight === 2 && info.filterWidth === 2 && info.strideHeight === 2 && info.strideWidth === 2
    if (!tiles || p.top || p.left || p.bottom || p.right) return original(call)
    const out = call.backend.makeOutput(input.shape, 'float32')
    scatterToMaxima(
      call.backend.typedArrayFromHeap(out) as Float32Array,
      call.backend.typedArrayFromHeap(input) as Float32Array,
      call.backend.typedArrayFromHeap(dy) as Float32Array,
      info,
    )
    return out
  })
}

/** 2×2 pooling: each dy goes to the window's largest input; of several equal ones to the first in row order. */
function scatterToMaxima(
  dx: Float32Array,
  x: Float32Array,
  dy: Float32Array,
  info: tf.backend_util.Conv2DInfo,
): void {
  const { batchSize, inHeight, inWidth, inChannels: C, outHeight, outWidth } = info
  const row = inWidth * C
  dx.fill(0)
  for (let n = 0, k = 0; n < batchSize; n++) {
    for (let h = 0; h < outHeight; h++) {
      let corner = (n * inHeight + 2 * h) * row
      for (let w = 0; w < outWidth; w++, corner += 2 * C) {
        for (let c = 0; c < C; c++) {
          const i = corner + c
          let best = i
          let max = x[i]!
          if (x[i + C]! > max) {
            best = i + C
            max = x[best]!
          }
          if (x[i + row]! > max) {
            best = i + row
            max = x[best]!
          }
          if (x[i + row + C]! > max) best = i + row + C
          dx[best] = dy[k++]!
        }
      }
    }
  }
}

/** With a stride the swapped convolution yields a few rows and columns too many: inputs that no window reached. */
function crop(
  x: tf.TensorInfo,
  height: number,
  width: number,
  backend: Wasm,
  run: DerivedBackend['run'],
): tf.TensorInfo {
  const [c, h, w, o] = x.shape as [number, number, number, number]
  if (h === height && w === width) return x
  return run('Slice', { x }, backend, { begin: [0, 0, 0, 0], size: [c, height, width, o] })
}

const bound = (derived: DerivedBackend) => ({ run: derived.run.bind(derived) })

const release = (backend: Wasm, ...tensors: tf.TensorInfo[]): void => {
  for (const t of tensors) backend.disposeData(t.dataId)
}
