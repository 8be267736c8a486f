import type { NetworkLayer } from '@detl/core/cam/network'
import type { Value } from '../onnx/ir.ts'
import type { Node } from './model.ts'

/** A layer with one cell is no place to explain: to core it is behind global pooling. */
const ONE_CELL = 'GlobalAveragePooling2D'

const hasExtent = ({ shape }: Value, channelsFirst: boolean): boolean =>
  shape.length > 2 && (channelsFirst ? shape.slice(2) : shape.slice(1, -1)).some((d) => d !== 1)

/** What core takes an operation for. Addition and multiplication with a constant are a bias, or what is left of a normalisation. */
function classOf({ op, inputs }: Node, computed: readonly string[]): string {
  const affine = /^(Add|AddV2|Sub|Mul|RealDiv)$/.test(op) && computed.length < inputs.length
  return affine ? 'BatchNormalization' : op === 'Identity' ? 'Activation' : op
}

/** The operations that make numbers of numbers, as core looks at a network; sizes and constants are left out. */
export class NodeNetwork {
  readonly #layers: NetworkLayer[] = []
  readonly #channelsFirst = new Set<string>()
  readonly #known = new Set<string>()

  /**
   * @param value its first output
   * @param layerClass the layer class that the operation is taken for, where its row says one
   */
  add(node: Node, value: Value, layerClass: string | undefined): void {
    if (value.dtype !== 'float32') return
    const read = [...new Set(node.inputs.map((input) => input.node))].filter((name) => this.#known.has(name))
    if (this.#isChannelsFirst(node, read)) this.#channelsFirst.add(node.name)
    this.#known.add(node.name)
    const extent = hasExtent(value, this.#channelsFirst.has(node.name))
    this.#layers.push({
      key: node.name,
      name: node.name,
      className: extent ? (layerClass ?? classOf(node, read)) : ONE_CELL,
      inputs: read,
      option: () => undefined,
    })
  }

  /** By the operation's own word, or as what it reads. */
  #isChannelsFirst({ attributes, op }: Node, read: readonly string[]): boolean {
    if (op === 'Transpose' || op === 'Reshape') return false
    return attributes.text('data_format', '') === ''
      ? read.some((name) => this.#channelsFirst.has(name))
      : attributes.text('data_format').startsWith('NC')
  }

  /** The layers that one is made of, and itself. */
  before(name: string): NetworkLayer[] {
    const wanted = new Set([name])
    for (const { key, inputs } of this.#layers.toReversed())
      if (wanted.has(key)) for (const input of inputs) wanted.add(input)
    return this.#layers.filter(({ key }) => wanted.has(key))
  }

  isChannelsFirst(name: string): boolean {
    return this.#channelsFirst.has(name)
  }
}
