import { ConvertError } from '../errors.ts'
import type { Tensor } from '../onnx/ir.ts'
import type { Layer, Weights } from './model.ts'
import type { Shards } from './shards.ts'
import { decodeWeight, type WeightSpec } from './weights.ts'

/**
 * Finds the weights of a layer by name. Names in the wild: `dense/kernel` (tfjs), `dense/kernel:0`, `model/dense/kernel`
 * (nested), `lstm/lstm_cell/kernel` (TensorFlow ≥ 2.2 puts the cell between), `layers/dense/vars/0` (Keras 3).
 */
export class WeightIndex implements Weights {
  readonly #specs: readonly WeightSpec[]
  readonly #shards: readonly Shards[]
  readonly #byLast = new Map<string, { tokens: string[]; spec: WeightSpec }[]>()

  constructor(specs: readonly WeightSpec[], shards: readonly Shards[]) {
    this.#specs = specs
    this.#shards = shards
    for (const spec of specs) {
      const tokens = tokensOf(spec.name)
      const last = tokens.pop()!
      const list = this.#byLast.get(last) ?? []
      list.push({ tokens, spec })
      this.#byLast.set(last, list)
    }
  }

  get names(): readonly string[] {
    return this.#specs.map((spec) => spec.name)
  }

  find(layer: Layer, name: string, index: number): Tensor | undefined {
    const candidates = [...(this.#byLast.get(name) ?? []), ...(this.#byLast.get(String(index)) ?? [])]
    const ranked = candidates
      .map(({ tokens, spec }) => ({ spec, rank: similarity(tokens, layer.path) }))
      .filter(({ rank }) => rank > 0)
      .sort((a, b) => b.rank - a.rank)
    const [best, second] = ranked
    if (!best) return undefined
    if (second && second.rank === best.rank)
      throw new ConvertError(
        'weights-unreadable',
        `layer "${layer.name}": both "${best.spec.name}" and "${second.spec.name}" could be its ${name}`,
      )
    const bytes = new Uint8Array(best.spec.bytes)
    this.#shards[best.spec.group]!.read(best.spec.offset, bytes)
    return decodeWeight(best.spec, bytes)
  }
}

const tokensOf = (name: string): string[] =>
  name
    .replace(/:\d+$/, '')
    .split('/')
    .filter((token) => token !== 'vars' && token !== 'layers' && token !== '_layer_checkpoint_dependencies')

/**
 * How well a weight's scopes fit the path of a layer; 0: not at all. The scope must name the layer; the innermost scope may
 * be the layer's cell; each enclosing model that is named as well counts.
 */
function similarity(tokens: readonly string[], path: readonly string[]): number {
  const own = path.at(-1)!
  const at = tokens.lastIndexOf(own)
  if (at < 0 || tokens.length - 1 - at > 1) return 0
  let shared = 0
  let from = at - 1
  for (let i = path.length - 2; i >= 0; i--) {
    const found = tokens.lastIndexOf(path[i]!, from)
    if (found < 0) continue
    shared++
    from = found - 1
  }
  const strangers = at - shared
  return 1000 + 10 * shared - strangers - (tokens.length - 1 - at) * 0.5
}
