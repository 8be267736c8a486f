import type { Builder, Value } from '../onnx/ir.ts'

/** A number that is known at export; `N`: the size of the batch; null: another one that only the runtime knows. */
export type Element = number | 'N' | null

/** Larger tensors hold no sizes, axes or places. */
const MAX_ELEMENTS = 64

/** What is known at export of small tensors: models compute sizes of tensors with tensors. */
export class KnownValues {
  readonly #g: Builder
  readonly #elements = new Map<string, readonly Element[]>()
  /** Whether nothing but the batch is free in the inputs: then a free axis is the batch wherever it was moved. */
  readonly #onlyBatch: boolean
  /** Of values with a free axis: whether that is the batch, where it has been decided. */
  readonly #batch = new Map<string, boolean>()

  constructor(g: Builder, inputs: readonly Value[]) {
    this.#g = g
    this.#onlyBatch = inputs.every(({ shape }) => !shape.slice(1).includes(null))
  }

  of(value: Value | undefined): readonly Element[] | undefined {
    if (!value) return undefined
    const found = this.#elements.get(value.name)
    const tensor = found ? undefined : this.#g.constantOf(value)
    if (!tensor || tensor.data.length > MAX_ELEMENTS) return found
    const elements = Array.from(tensor.data as Float32Array, Number)
    this.#elements.set(value.name, elements)
    return elements
  }

  set(value: Value, elements: readonly Element[]): void {
    this.#elements.set(value.name, elements)
  }

  /** The sizes of a value's axes. */
  sizes(value: Value): Element[] {
    const free = this.#onlyBatch && this.keepsBatch(value) ? 'N' : null
    return value.shape.map((d, i) => d ?? (i === 0 && this.keepsBatch(value) ? 'N' : free))
  }

  /** Whether the free axis of a value is the batch. */
  keepsBatch({ name }: Value): boolean {
    return this.#batch.get(name) ?? true
  }

  /** Notes whether the free axis of a value is the batch. What was noted first holds. */
  setBatch({ name }: Value, isBatch: boolean): void {
    if (!this.#batch.has(name)) this.#batch.set(name, isBatch)
  }
}

/** Whether a size is free. */
export const isFree = (value: Value, axis: number): boolean => value.shape[axis] === null
