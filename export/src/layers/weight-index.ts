import { ConvertError } from '../errors.ts'
import type { WeightFile, WeightSpec } from '../files/weights.ts'
import type { Tensor } from '../onnx/ir.ts'
import type { Layer, Weights } from './model.ts'

/** A weight, and the scopes that its name lies in, without and with those that writers put in for themselves. */
interface Candidate {
  readonly spec: WeightSpec
  readonly scopes: readonly (readonly string[])[]
}

/**
 * Finds the weights of a layer by name. Names in the wild: `dense/kernel` (tfjs), `dense/kernel:0`, `model/dense/kernel`
 * (nested), `lstm/lstm_cell/kernel` (TensorFlow ≥ 2.2 puts the cell between), `layers/dense/vars/0` (Keras 3). A layer's own name
 * may hold slashes (`conv1/bn`, in Keras's DenseNet) and may be one of the words that Keras 3 puts between.
 */
export class WeightIndex implements Weights {
  readonly #file: WeightFile
  readonly #byLast = new Map<string, Candidate[]>()
  readonly #byName: ReadonlyMap<string, WeightSpec>
  /** Whether the names are those of a `.keras` file of Keras 3. */
  readonly #numbered: boolean

  constructor(file: WeightFile) {
    const { specs } = file
    this.#file = file
    this.#byName = new Map(specs.map((spec) => [spec.name, spec]))
    this.#numbered = specs.some(({ name }) => name.includes('/vars/'))
    for (const spec of specs) {
      const all = spec.name.replace(/:\d+$/, '').split('/')
      const last = all.pop()!
      const own = all.filter((scope) => !OF_WRITERS.has(scope))
      const list = this.#byLast.get(last) ?? []
      list.push({ spec, scopes: own.length === all.length ? [all] : [all, own] })
      this.#byLast.set(last, list)
    }
  }

  get names(): readonly string[] {
    return this.#file.specs.map((spec) => spec.name)
  }

  find(layer: Layer, name: string, index: number): Tensor | undefined {
    const spec =
      this.#numbered && layer.saved !== undefined
        ? (this.#byName.get(`${layer.saved}/vars/${index}`) ??
          this.#byName.get(`${layer.saved}/cell/vars/${index}`))
        : this.#search(layer, name, index)
    return spec && this.#file.read(spec)
  }

  #search(layer: Layer, name: string, index: number): WeightSpec | undefined {
    const candidates = [...(this.#byLast.get(name) ?? []), ...(this.#byLast.get(String(index)) ?? [])]
    const ranked = candidates
      .map(({ scopes, spec }) => ({
        spec,
        // A name that fits as it is beats one that fits without some of its scopes.
        rank: Math.max(...scopes.map((scope, i) => similarity(scope, layer.path) - 0.25 * i)),
      }))
      .filter(({ rank }) => rank > 0)
      .sort((a, b) => b.rank - a.rank)
    const [best, second] = ranked
    if (!best) return undefined
    if (second && second.rank === best.rank)
      throw new ConvertError(
        'weights-unreadable',
        `layer "${layer.name}": both "${best.spec.name}" and "${second.spec.name}" could be its ${name}`,
      )
    return best.spec
  }
}

const OF_WRITERS: ReadonlySet<string> = new Set(['vars', 'layers', '_layer_checkpoint_dependencies'])

/** Where the last run of `wanted` begins that ends before `end`; -1 where there is none. */
function lastRun(scopes: readonly string[], wanted: readonly string[], end: number): number {
  for (let at = end - wanted.length; at >= 0; at--)
    if (wanted.every((name, i) => scopes[at + i] === name)) return at
  return -1
}

/**
 * How well a weight's scopes fit the path of a layer; 0: not at all. The scopes must name the layer; the innermost scope may
 * be the layer's cell; each enclosing model that is named as well counts.
 */
function similarity(scopes: readonly string[], path: readonly string[]): number {
  const names = path.map((name) => name.split('/'))
  const own = names.pop()!
  const at = lastRun(scopes, own, scopes.length)
  const behind = scopes.length - at - own.length
  if (at < 0 || behind > 1) return 0
  // As tfjs names it: nothing that only looks like an enclosing model's name is better.
  if (names.length === 1 && at === 0 && behind === 0) return 5000
  let [shared, end] = [0, at]
  for (const name of names.reverse()) {
    const found = lastRun(scopes, name, end)
    if (found < 0) continue
    shared += name.length
    end = found
  }
  const strangers = at - shared
  return 1000 + 10 * shared - strangers - behind * 0.5
}
