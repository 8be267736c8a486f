import { ConvertError } from '../errors.ts'
import type { Json, JsonObject } from '../files/json.ts'
import type { Dim, DType, Tensor } from '../onnx/ir.ts'

/** A layer's options, read with a type and a default; a value of another kind is an error that names the layer. */
export class Config {
  readonly json: JsonObject
  readonly #owner: string
  readonly #read = new Set<string>()

  constructor(json: JsonObject, owner: string) {
    this.json = json
    this.#owner = owner
  }

  #wrong(key: string, wanted: string): never {
    const found = JSON.stringify(this.json[key])?.slice(0, 80)
    throw new ConvertError('unsupported-option', `${this.#owner}: ${key} is ${found}; supported: ${wanted}`)
  }

  /** An option as it is. */
  raw(key: string): Json | undefined {
    this.#read.add(key)
    return this.json[key]
  }

  /** Options that say something and that nothing asked for. */
  unread(): string[] {
    return Object.keys(this.json).filter((key) => {
      const value = this.json[key]
      return !this.#read.has(key) && value !== undefined && value !== null && value !== false
    })
  }

  has(key: string): boolean {
    const value = this.raw(key)
    return value !== undefined && value !== null
  }

  number(key: string, fallback?: number): number {
    const value = this.raw(key) ?? fallback
    return typeof value === 'number' ? value : this.#wrong(key, 'a number')
  }

  bool(key: string, fallback: boolean): boolean {
    const value = this.raw(key) ?? fallback
    return typeof value === 'boolean' ? value : this.#wrong(key, 'true or false')
  }

  choice<T extends string>(key: string, choices: readonly T[], fallback?: T): T {
    const value = this.raw(key) ?? fallback
    return choices.find((choice) => choice === value) ?? this.#wrong(key, choices.join(', '))
  }

  ints(key: string): number[] {
    const value = this.raw(key)
    return Array.isArray(value) && value.every((n) => typeof n === 'number')
      ? (value as number[])
      : this.#wrong(key, 'a list of integers')
  }

  /** A number for all axes or one for each. */
  perAxis(key: string, rank: number, fallback: number): number[] {
    const value = this.raw(key) ?? fallback
    if (typeof value === 'number') return new Array<number>(rank).fill(value)
    const list =
      Array.isArray(value) && value.every((n) => typeof n === 'number') ? (value as number[]) : undefined
    if (list?.length === rank) return list
    if (list?.length === 1) return new Array<number>(rank).fill(list[0]!)
    return this.#wrong(key, `an integer or ${rank} integers`)
  }
}

export type KerasVersion = 2 | 3

/** One layer as the file describes it. A layer that is called several times is one object: its weights are shared. */
export interface Layer {
  readonly name: string
  readonly className: string
  readonly config: Config
  /** Whose words its options are: Keras 3 means other numbers by some names than Keras 2, which tfjs follows. */
  readonly keras: KerasVersion
  /**
   * Where Keras 3 keeps its weights in a `.keras` file: by class and number (`layers/conv2d_1`), whatever the layer's name.
   */
  readonly saved?: string
  /** Names of the models that it lies in, outermost first, then its own. */
  readonly path: readonly string[]
  /** For a nested model. */
  readonly model?: Model
  /** For wrappers (Bidirectional, TimeDistributed) and RNN: the layers that they hold. */
  readonly inner?: readonly Layer[]
}

/** One call of a layer; inputs and outputs are keys of tensors within their model. */
export interface Call {
  readonly layer: Layer
  readonly inputs: readonly string[]
  readonly output: string
}

export interface ModelInput {
  readonly name: string
  readonly key: string
  /** With the batch at 0; undefined where a nested model takes the shape of what it is called on. */
  readonly shape: readonly Dim[] | undefined
  readonly dtype: DType
}

/** A model as calls in an order in which they can be made. */
export interface Model {
  readonly name: string
  readonly inputs: readonly ModelInput[]
  readonly calls: readonly Call[]
  readonly outputs: readonly { readonly name: string; readonly key: string }[]
}

/** Where weights come from. */
export interface Weights {
  /** The tensor of one weight of a layer, or undefined where the file has none of that name. */
  find(layer: Layer, name: string, index: number): Tensor | undefined
  /** Names of all weights, for messages. */
  readonly names: readonly string[]
}

/** A tfjs LayersModel: its layers, and its weights, which are read when they are asked for. */
export interface LayersModel {
  readonly model: Model
  readonly weights: Weights
}
