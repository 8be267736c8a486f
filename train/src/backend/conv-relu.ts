import * as tf from '@tensorflow/tfjs-core'

export const CONV_RELU = 'DetlConvRelu'
/** dy where the result y is above 0, else 0 */
export const RELU_GRADIENT = 'DetlReluGrad'

/** Attributes as tfjs's convolutions have them. */
const PLAIN = { strides: 1, pad: 'valid', dataFormat: 'NHWC', dilations: 1 }
const FUSED = { ...PLAIN, activation: 'relu' }

/**
 * max(x ⋆ filter + bias, 0), stride 1 without padding, as one operation where the backend has it, so that neither the sum
 * nor the product of the gradient with the mask walks over the maps once more. tfjs's own fused convolution falls apart
 * into its operations wherever a gradient is taken.
 * @param x [N,H,W,C]
 * @param filter [h,w,C,K]
 * @param bias [K]
 */
export function convRelu(x: tf.Tensor, filter: tf.Tensor, bias: tf.Tensor): tf.Tensor {
  if (tf.getKernel(CONV_RELU, tf.getBackend()))
    return tf.engine().runKernel(CONV_RELU, { x, filter, bias }, FUSED) as unknown as tf.Tensor
  return tf.relu(tf.add(tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'valid'), bias))
}

tf.registerGradient({
  kernelName: CONV_RELU,
  inputsToSave: ['x', 'filter'],
  outputsToSave: [true],
  gradFunc: (dy, saved) => {
    const [x, filter, y] = saved as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D]
    const run = (kernel: string, inputs: Record<string, tf.Tensor>, attrs = {}) =>
      tf.engine().runKernel(kernel, inputs, attrs) as unknown as tf.Tensor
    const dz = run(RELU_GRADIENT, { dy: dy as tf.Tensor, y })
    return {
      x: () => run('Conv2DBackpropInput', { dy: dz, filter }, { ...PLAIN, inputShape: x.shape }),
      filter: () => run('Conv2DBackpropFilter', { x, dy: dz }, { ...PLAIN, filterShape: filter.shape }),
      bias: () => tf.sum(dz, [0, 1, 2]),
    }
  },
})
