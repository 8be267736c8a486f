import type * as tf from '@tensorflow/tfjs-core'
import { convInfo, type DerivedBackend } from './derived.ts'

/**
 * The two gradients of a depthwise convolution, which the wasm backend lacks, as loops over its heap: right, not quick.
 * The oneDNN kernels replace them where they can.
 */
export function addDepthwiseGradients(derived: DerivedBackend): void {
  derived.override('DepthwiseConv2dNativeBackpropInput', ({ inputs, backend, attrs }) => {
    const { dy, filter } = inputs as { dy: tf.TensorInfo; filter: tf.TensorInfo }
    const info = convInfo(attrs.inputShape as number[], filter.shape, attrs, true)
    const dx = backend.makeOutput(info.inShape, 'float32')
    const [DX, DY, W] = [dx, dy, filter].map((t) => backend.typedArrayFromHeap(t)) as Views
    DX.fill(0)
    eachProduct(info, (x, y, w) => {
      DX[x]! += DY[y]! * W[w]!
    })
    return dx
  })
  derived.override('DepthwiseConv2dNativeBackpropFilter', ({ inputs, backend, attrs }) => {
    const { x, dy } = inputs as { x: tf.TensorInfo; dy: tf.TensorInfo }
    const info = convInfo(x.shape, attrs.filterShape as number[], attrs, true)
    const dw = backend.makeOutput(info.filterShape, 'float32')
    const [DW, X, DY] = [dw, x, dy].map((t) => backend.typedArrayFromHeap(t)) as Views
    DW.fill(0)
    eachProduct(info, (x, y, w) => {
      DW[w]! += X[x]! * DY[y]!
    })
    return dw
  })
}

type Views = [Float32Array, Float32Array, Float32Array]

/** Visits the offsets in x, y and filter of every product that a depthwise convolution sums. */
function eachProduct(i: tf.backend_util.Conv2DInfo, visit: (x: number, y: number, w: number) => void): void {
  const { inChannels: C, outChannels, padInfo } = i
  const multiplier = outChannels / C
  for (let n = 0; n < i.batchSize; n++) {
    for (let oh = 0; oh < i.outHeight; oh++) {
      for (let ow = 0; ow < i.outWidth; ow++) {
        const y = ((n * i.outHeight + oh) * i.outWidth + ow) * outChannels
        for (let kh = 0; kh < i.filterHeight; kh++) {
          const ih = oh * i.strideHeight - padInfo.top + kh * i.dilationHeight
          if (ih < 0 || ih >= i.inHeight) continue
          for (let kw = 0; kw < i.filterWidth; kw++) {
            const iw = ow * i.strideWidth - padInfo.left + kw * i.dilationWidth
            if (iw < 0 || iw >= i.inWidth) continue
            const x = ((n * i.inHeight + ih) * i.inWidth + iw) * C
            const w = (kh * i.filterWidth + kw) * outChannels
            for (let c = 0; c < outChannels; c++) visit(x + Math.floor(c / multiplier), y + c, w + c)
          }
        }
      }
    }
  }
}
