import * as tfl from '@tensorflow/tfjs-layers'

const { layers } = tfl
type T = tfl.SymbolicTensor

/** A classifier in two parts: what leads to the explained maps, and what leads from them to the scores. */
interface Architecture {
  readonly input: T
  /** Output of the explained layer, [N,…,K]. */
  readonly maps: T
  /** Name of the explained layer. */
  readonly layer: string
  /** Maps → logits, [N,C], and what else of the network reads the maps. */
  readonly head: (maps: T) => T
}

const chain = (x: T, ...steps: { apply(x: T): unknown }[]): T =>
  steps.reduce((value, step) => step.apply(value) as T, x)
const conv = (filters: number, kernelSize = 3, strides = 1) =>
  layers.conv2d({ filters, kernelSize, strides, padding: 'same', useBias: false })
const norm = () => layers.batchNormalization()
const relu = () => layers.reLU()
const gap = () => layers.globalAveragePooling2d({ dataFormat: 'channelsLast' })

/** Global average pooling behind the maps: Grad-CAM is then CAM (Zhou et al. 2016), its weights the same for every image. */
function globalAverage(): Architecture {
  const input = tfl.input({ shape: [14, 12, 3] })
  const last = layers.conv2d({ name: 'explained', filters: 8, kernelSize: 3, activation: 'relu' })
  const maps = chain(input, conv(6), relu(), last)
  const scores = layers.dense({ units: 5 })
  return { input, maps, layer: 'explained', head: (a) => chain(a, gap(), scores) }
}

/** MobileNet-like: depthwise convolutions, ReLU6, squeeze and excitation, behind a strided explained layer. */
function mobile(): Architecture {
  const input = tfl.input({ shape: [17, 16, 3] })
  const maps = chain(
    input,
    layers.separableConv2d({ name: 'explained', filters: 6, kernelSize: 3, strides: 2, padding: 'same' }),
  )
  const steps = [
    norm(),
    layers.reLU({ maxValue: 6 }),
    layers.zeroPadding2d({
      padding: [
        [0, 1],
        [0, 1],
      ],
    }),
    layers.depthwiseConv2d({ kernelSize: 3, strides: 2 }),
    norm(),
    layers.reLU({ maxValue: 6 }),
  ]
  const squeeze = [
    gap(),
    layers.reshape({ targetShape: [1, 1, 6] }),
    layers.conv2d({ filters: 3, kernelSize: 1, activation: 'elu' }),
    layers.conv2d({ filters: 6, kernelSize: 1, activation: 'sigmoid' }),
  ]
  const gate = layers.multiply()
  const scores = [
    gap(),
    layers.reshape({ targetShape: [1, 1, 6] }),
    layers.dropout({ rate: 0.1 }),
    layers.conv2d({ filters: 4, kernelSize: 1 }),
    layers.reshape({ targetShape: [4] }),
  ]
  return {
    input,
    maps,
    layer: 'explained',
    head: (a) => {
      const x = chain(a, ...steps)
      return chain(gate.apply([x, chain(x, ...squeeze)]) as T, ...scores)
    },
  }
}

/** ResNet-like: batch normalisation, residual adds, a projection with stride; the explained maps feed both branches. */
function residual(): Architecture {
  const input = tfl.input({ shape: [16, 16, 3] })
  const maps = chain(input, conv(8), norm(), layers.activation({ name: 'explained', activation: 'relu' }))
  const branch = [conv(8), norm(), relu(), conv(8), norm()]
  const [wide, project] = [
    [conv(12, 3, 2), norm(), relu(), conv(12), norm()],
    [conv(12, 1, 2), norm()],
  ]
  const [add1, add2, relu1, relu2, scores] = [
    layers.add(),
    layers.add(),
    relu(),
    relu(),
    layers.dense({ units: 4 }),
  ]
  return {
    input,
    maps,
    layer: 'explained',
    head: (a) => {
      const x = relu1.apply(add1.apply([chain(a, ...branch), a])) as T
      const y = relu2.apply(add2.apply([chain(x, ...wide), chain(x, ...project)])) as T
      return chain(y, gap(), scores)
    },
  }
}

/** Inception- and DenseNet-like: branches with overlapping max and average pooling, joined by channels, twice. */
function concatenations(): Architecture {
  const input = tfl.input({ shape: [15, 15, 2] })
  const maps = chain(
    input,
    layers.conv2d({ name: 'explained', filters: 6, kernelSize: 3, activation: 'relu' }),
  )
  const branches = [
    [layers.conv2d({ filters: 4, kernelSize: 1, activation: 'relu' })],
    [conv(3, 1), conv(4, 3), layers.leakyReLU({ alpha: 0.1 })],
    [layers.maxPooling2d({ poolSize: 3, strides: 1, padding: 'same' }), conv(3, 1)],
    [
      layers.zeroPadding2d({ padding: 1 }),
      layers.averagePooling2d({ poolSize: 3, strides: 1 }),
      conv(3, 1),
      layers.activation({ activation: 'tanh' }),
    ],
  ]
  const [join, dense, pool] = [
    layers.concatenate(),
    layers.concatenate(),
    layers.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
  ]
  const end = [
    layers.conv2d({ filters: 5, kernelSize: 3, activation: 'selu' }),
    layers.flatten(),
    layers.dense({ units: 6, activation: 'sigmoid' }),
    layers.dense({ units: 3 }),
  ]
  return {
    input,
    maps,
    layer: 'explained',
    head: (a) => {
      const x = join.apply(branches.map((branch) => chain(a, ...branch))) as T
      return chain(pool.apply(dense.apply([x, a])) as T, ...end)
    },
  }
}

/** Everything else that has a gradient, one behind the other. */
function assorted(): Architecture {
  const input = tfl.input({ shape: [12, 12, 2] })
  const maps = chain(input, layers.conv2d({ name: 'explained', filters: 4, kernelSize: 3 }))
  const steps = [
    layers.prelu(),
    layers.conv2dTranspose({
      filters: 4,
      kernelSize: 3,
      strides: 2,
      padding: 'same',
      activation: 'softplus',
    }),
    layers.cropping2D({
      cropping: [
        [1, 2],
        [0, 3],
      ],
    }),
    layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, activation: 'softsign' }),
    layers.averagePooling2d({ poolSize: 2 }),
    layers.conv2d({ filters: 4, kernelSize: 2, activation: 'hardSigmoid' }),
    layers.activation({ activation: 'swish' as never }),
    layers.rescaling({ scale: 3, offset: -0.5 }),
    layers.activation({ activation: 'gelu' as never }),
    layers.activation({ activation: 'mish' as never }),
    layers.permute({ dims: [2, 1, 3] }),
  ]
  const two = [layers.globalMaxPooling2d({ dataFormat: 'channelsLast' }), gap()]
  const merges = [layers.maximum(), layers.minimum(), layers.average()]
  const join = layers.concatenate()
  const end = [layers.activation({ activation: 'softmax' }), layers.dense({ units: 3 })]
  return {
    input,
    maps,
    layer: 'explained',
    head: (a) => {
      const x = chain(a, ...steps)
      const [top, mean] = two.map((pool) => pool.apply(x) as T)
      return chain(join.apply(merges.map((merge) => merge.apply([top!, mean!]) as T)) as T, ...end)
    },
  }
}

/** U-Net with a head: bilinear upsampling, a bridge, a layer normalisation, attention over the cells. */
function unet(): Architecture {
  const input = tfl.input({ shape: [8, 8, 2] })
  const maps = chain(input, layers.conv2d({ name: 'explained', filters: 4, kernelSize: 3, padding: 'same' }))
  const down = [layers.maxPooling2d({ poolSize: 2 }), conv(4), relu()]
  const smooth = layers.upSampling2d({ size: [2, 2], interpolation: 'bilinear' })
  const bridge = layers.concatenate()
  const behind = [layers.layerNormalization(), conv(4), layers.reshape({ targetShape: [64, 4] })]
  const [query, key] = [layers.dense({ units: 5 }), layers.dense({ units: 5 })]
  const scores = layers.dot({ axes: [2, 2] })
  const weights = layers.softmax({ axis: -1 })
  const attended = layers.dot({ axes: [2, 1] })
  const pooled = layers.globalAveragePooling1d({})
  const dense = layers.dense({ units: 3 })
  const head = (a: T): T => {
    const low = chain(a, ...down)
    const joined = bridge.apply([smooth.apply(low) as T, a]) as T
    const cells = chain(joined, ...behind)
    const weight = weights.apply(scores.apply([query.apply(cells) as T, key.apply(cells) as T]) as T) as T
    return chain(attended.apply([weight, cells]) as T, pooled, dense)
  }
  return { input, maps, layer: 'explained', head }
}

/** Decoder-like: upsampling by copies, by unlike factors, between convolutions. */
function nearest(): Architecture {
  const input = tfl.input({ shape: [7, 6, 2] })
  const maps = chain(input, layers.conv2d({ name: 'explained', filters: 4, kernelSize: 2 }))
  const steps = [
    layers.upSampling2d({ size: [2, 3] }),
    conv(5),
    layers.activation({ activation: 'tanh' }),
    layers.upSampling2d({ size: [2, 2] }),
    conv(3, 3, 2),
    layers.leakyReLU({ alpha: 0.2 }),
    layers.flatten(),
    layers.dense({ units: 3 }),
  ]
  return { input, maps, layer: 'explained', head: (a) => chain(a, ...steps) }
}

/** Thresholded ReLUs (Konda et al. 2014): on the maps themselves and behind another convolution. */
function thresholds(): Architecture {
  const input = tfl.input({ shape: [10, 9, 2] })
  const maps = chain(input, layers.conv2d({ name: 'explained', filters: 6, kernelSize: 3 }))
  const steps = [
    layers.thresholdedReLU({ theta: 0.1 }),
    conv(6),
    layers.thresholdedReLU({ theta: 0.05 }),
    layers.flatten(),
    layers.dense({ units: 4 }),
  ]
  return { input, maps, layer: 'explained', head: (a) => chain(a, ...steps) }
}

export const ARCHITECTURES = {
  'global average pooling': globalAverage,
  'MobileNet-like, with squeeze and excitation': mobile,
  'batch normalisation and residual adds': residual,
  'concatenations and overlapping pooling': concatenations,
  'every other operation that has a gradient': assorted,
  'nearest upsampling': nearest,
  'thresholded ReLUs': thresholds,
  'the upsampling of a U-Net, layer normalisation and attention': unet,
} as const
