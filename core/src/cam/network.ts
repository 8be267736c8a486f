/**
 * One call of a layer, as far as Grad-CAM is concerned. Both sides that look at a network, training (a tfjs model in memory)
 * and export (a file), describe it in this form, so that both choose the same layer and place its cells alike.
 */
export type NetworkLayer = {
  /** Unique in the network: what `inputs` refer to. */
  readonly key: string
  readonly name: string
  /** As Keras names it: `Conv2D`. */
  readonly className: string
  /** Keys of the layers that it reads. What is no layer of the network is its input image. */
  readonly inputs: readonly string[]
  /** An option by its name in tfjs (`kernelSize`); undefined where the layer has none of that name. */
  readonly option: (name: string) => unknown
}

const CONVOLUTION = /Conv[123]D(Transpose)?$/
/** What belongs to the convolution before it, where nothing else reads that convolution. */
const BELONGS = /^(BatchNormalization|Activation|(Leaky|P|Thresholded)?ReLU|ELU)$/

/**
 * The layer whose maps Grad-CAM explains: the last convolution, together with the normalisation and activation that follow it and
 * nothing else (Selvaraju et al. 2017, section 3, where convolution and ReLU are one). A layer that nothing reads is the
 * network's output and is not taken in. A convolution behind global pooling (a gate of squeeze and excitation, a head in place of a
 * dense layer) sees one cell and is passed over.
 * @param layers in an order in which they can be called
 * @returns undefined where the network has no convolution
 * @example camLayer([conv, relu, pool, dense]) // relu, where relu alone reads conv
 */
export function camLayer(layers: readonly NetworkLayer[]): NetworkLayer | undefined {
  const readersOf = ({ key }: NetworkLayer) => layers.filter(({ inputs }) => inputs.includes(key))
  const flat = withoutExtent(layers)
  let layer = layers.findLast(({ className, key }) => CONVOLUTION.test(className) && !flat.has(key))
  while (layer) {
    const [next, another] = readersOf(layer)
    if (!next || another || !BELONGS.test(next.className) || readersOf(next).length === 0) return layer
    layer = next
  }
  return undefined
}

/** Keys of layers whose output has one cell: global pooling, and what reads nothing else. */
export function withoutExtent(layers: readonly NetworkLayer[]): Set<string> {
  const flat = new Set<string>()
  for (const { key, className, inputs } of layers) {
    const pooled = /^(Global(Average|Max)Pooling|Flatten$)/.test(className)
    if (pooled || (inputs.length > 0 && inputs.every((input) => flat.has(input)))) flat.add(key)
  }
  return flat
}
