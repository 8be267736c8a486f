import { camLayer } from '@detl/core/cam/network'
import { receptiveField } from '@detl/core/cam/receptive-field'
import { networkOf } from '@detl/export/layers/network'
import { camGridOf, camLayerOf } from '@detl/train/model/trunk'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { describe, expect, it } from 'vitest'
import { detl12, sourceOf } from './harness.ts'

const { layers } = tfl
type T = tfl.SymbolicTensor
const SIDE = 40

const conv = (kernelSize: number, strides = 1, padding: 'same' | 'valid' = 'same', name?: string) =>
  layers.conv2d({
    filters: 1,
    kernelSize,
    strides,
    padding,
    kernelInitializer: 'ones',
    ...(name && { name }),
  })
const average = (poolSize: number, padding: 'same' | 'valid' = 'valid') =>
  layers.averagePooling2d({ poolSize, padding })
const chain = (x: T, ...steps: { apply(x: T): unknown }[]): T =>
  steps.reduce((value, step) => step.apply(value) as T, x)
const scores = (x: T) =>
  chain(x, layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }), layers.dense({ units: 4 }))
const add = (...values: T[]) => layers.add().apply(values) as T
const explained = (kernelSize = 3) => conv(kernelSize, 1, 'same', 'explained')

/** Input and explained maps of networks whose paths differ, and what else reads the image or the maps. */
const NETWORKS: Record<string, (image: T) => { maps: T; scores: T }> = {
  'a branch beside it that is strided otherwise': (image) => {
    const trunk = chain(image, conv(3, 2))
    const beside = chain(trunk, conv(5, 2), average(2))
    const maps = chain(trunk, explained())
    return { maps, scores: layers.concatenate().apply([scores(beside), scores(maps)]) as T }
  },
  'branches that join before it, a long one and a short one that looks to a side': (image) => {
    const long = chain(image, conv(3, 2), conv(5))
    const short = chain(
      image,
      layers.zeroPadding2d({
        padding: [
          [4, 0],
          [4, 0],
        ],
      }),
      average(2),
      layers.cropping2D({
        cropping: [
          [0, 2],
          [0, 2],
        ],
      }),
    )
    const maps = chain(add(long, short), explained(1))
    return { maps, scores: scores(maps) }
  },
  'padding as a layer of its own before strides, as Keras’ MobileNets have it': (image) => {
    const padded = layers.zeroPadding2d({
      padding: [
        [0, 1],
        [0, 1],
      ],
    })
    const maps = chain(image, padded, conv(3, 2, 'valid'), explained())
    return { maps, scores: scores(maps) }
  },
  'dilated convolutions': (image) => {
    const dilated = layers.conv2d({ filters: 1, kernelSize: 3, dilationRate: 3, kernelInitializer: 'ones' })
    const maps = chain(image, average(2), dilated, explained())
    return { maps, scores: scores(maps) }
  },
  'maps that were enlarged before it': (image) => {
    const maps = chain(image, average(4), layers.upSampling2d({ size: [2, 2] }), explained())
    return { maps, scores: scores(maps) }
  },
  'a transposed convolution before it': (image) => {
    const enlarging = layers.conv2dTranspose({
      filters: 1,
      kernelSize: 4,
      strides: 2,
      padding: 'same',
      kernelInitializer: 'ones',
    })
    const maps = chain(image, average(4), enlarging, explained(1))
    return { maps, scores: scores(maps) }
  },
}

/** The rows of the image that each cell in the middle column of the maps sees: of images with one bright row each, those that it answers to. */
function rowsSeen(maps: tfl.LayersModel): { low: number; high: number }[] {
  const bright = tf.tile(tf.reshape(tf.eye(SIDE), [SIDE, SIDE, 1, 1]), [1, 1, SIDE, 1])
  const values = (maps.predict(bright) as tf.Tensor4D).arraySync() // every weight is 1 and every bias 0
  const middle = Math.floor(values[0]![0]!.length / 2)
  return values[0]!.map((_, i) => {
    const seen = values.flatMap((cells, row) => (cells[i]![middle]![0]! > 0 ? [row] : []))
    return { low: seen[0]!, high: seen.at(-1)! + 1 }
  })
}

describe.each(Object.entries(NETWORKS))('the cells of a network with %s', (_, build) => {
  const image = tfl.input({ shape: [SIDE, SIDE, 1] })
  const { maps, scores: output } = build(image)
  const model = tfl.model({ inputs: image, outputs: output })

  it('look where the image changes them', () => {
    const { stride, offset } = camGridOf(model, 'explained')
    const part = tfl.model({ inputs: image, outputs: maps })
    const inner = rowsSeen(part)
      .map((seen, i) => ({ i, ...seen }))
      .filter(({ low, high }) => low > 0 && high < SIDE)
    // Behind an enlarging layer two cells side by side see the same or nearly so: what holds is the mean of both.
    const pairs = inner.length - (inner.length % 2)
    const centres = inner.slice(0, pairs).map(({ i, low, high }) => (low + high) / 2 - stride * i)
    expect(pairs).toBeGreaterThan(0)
    expect(centres.reduce((sum, centre) => sum + centre, 0) / pairs).toBeCloseTo(offset, 6)
  })

  it('are placed alike by training and by export', async () => {
    const network = networkOf((await sourceOf(model)).model)
    const key = network.find(({ name }) => name === 'explained')!.key
    expect(receptiveField(network, key, SIDE)).toEqual(camGridOf(model, 'explained'))
    expect(camLayer(network)!.name).toBe(camLayerOf(model))
  })
})

describe('the layer that Grad-CAM explains', () => {
  it('is the same inside a nested model, and its cells look at the same place', async () => {
    const inner = detl12(64)
    const outer = tfl.sequential({ layers: [inner, layers.reshape({ targetShape: [4] })] })
    const network = networkOf((await sourceOf(outer)).model)
    const found = camLayer(network)!
    expect(found.name).toBe(`${inner.name}/conv6`)
    expect(receptiveField(network, found.key, 64)).toEqual({ stride: 4, offset: 16 })
  })

  it('has no place where its cells were reshaped, and the error names the layer', () => {
    const image = tfl.input({ shape: [16, 16, 1] })
    const maps = chain(image, layers.permute({ dims: [2, 1, 3], name: 'turned' }), explained())
    const model = tfl.model({ inputs: image, outputs: scores(maps) })
    expect(() => camGridOf(model, 'explained')).toThrow('behind Permute "turned"')
  })

  it('has one distance for rows and columns, or is refused', () => {
    const image = tfl.input({ shape: [16, 16, 1] })
    const strided = layers.conv2d({ filters: 1, kernelSize: 3, strides: [2, 1], padding: 'same' })
    const maps = chain(image, strided, explained())
    const model = tfl.model({ inputs: image, outputs: scores(maps) })
    expect(() => camGridOf(model, 'explained')).toThrow('lie 1 pixels apart in a row and 2 in a column')
  })
})
