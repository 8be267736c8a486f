import { ConvertError } from '../errors.ts'
import { isObject, type Json, type JsonObject } from '../files/json.ts'
import type { DType, Shape } from '../onnx/ir.ts'
import type { Attributes } from './model.ts'

/** TensorFlow's types by name and by number (types.proto), as tfjs computes with them. */
const TYPES: Readonly<Record<string, DType>> = {
  DT_FLOAT: 'float32',
  DT_DOUBLE: 'float32',
  DT_HALF: 'float32',
  DT_INT8: 'int32',
  DT_UINT8: 'int32',
  DT_INT32: 'int32',
  DT_INT64: 'int32',
  DT_BOOL: 'bool',
}
const NUMBERED: Readonly<Record<number, string>> = {
  1: 'DT_FLOAT',
  2: 'DT_DOUBLE',
  3: 'DT_INT32',
  4: 'DT_UINT8',
  6: 'DT_INT8',
  9: 'DT_INT64',
  10: 'DT_BOOL',
  19: 'DT_HALF',
}

/** Attributes of one operation (TensorFlow's AttrValue in JSON). Remembers which were asked for. */
export class NodeAttributes implements Attributes {
  readonly #json: JsonObject
  readonly #owner: string
  readonly #read = new Set<string>()

  constructor(json: JsonObject, owner: string) {
    this.#json = json
    this.#owner = owner
  }

  #wrong(key: string, wanted: string): never {
    throw new ConvertError(
      'unsupported-option',
      `${this.#owner}: its attribute ${key} is ${this.shown(key)}; supported: ${wanted}`,
    )
  }

  /** One field of an attribute's value: `i`, `f`, `s`, `b`, `type`, `list`. */
  #field(key: string, field: string): Json | undefined {
    this.#read.add(key)
    const value = this.#json[key]
    return isObject(value) ? value[field] : undefined
  }

  int(key: string, fallback?: number): number {
    const value = this.#field(key, 'i') ?? fallback
    const number = Number(value)
    return value !== undefined && Number.isInteger(number) ? number : this.#wrong(key, 'a whole number')
  }

  float(key: string, fallback?: number): number {
    const value = this.#field(key, 'f') ?? this.#field(key, 'i') ?? fallback
    return value === undefined ? this.#wrong(key, 'a number') : Number(value)
  }

  bool(key: string, fallback = false): boolean {
    return (this.#field(key, 'b') ?? fallback) === true
  }

  ints(key: string, fallback?: readonly number[]): readonly number[] {
    const list = this.#field(key, 'list')
    if (!isObject(list)) return fallback ?? this.#wrong(key, 'a list of whole numbers')
    return Array.isArray(list.i) ? list.i.map(Number) : []
  }

  text(key: string, fallback?: string): string {
    const value = this.#field(key, 's')
    return value === undefined ? (fallback ?? this.#wrong(key, 'a text')) : decoded(value)
  }

  choice<T extends string>(key: string, choices: readonly T[], fallback?: T): T {
    const value = this.text(key, fallback)
    return choices.find((choice) => choice === value) ?? this.#wrong(key, choices.join(', '))
  }

  texts(key: string): readonly string[] {
    const list = this.#field(key, 'list')
    return isObject(list) && Array.isArray(list.s) ? list.s.map(decoded) : []
  }

  /** @throws ConvertError unsupported-option for texts, complex numbers and resources */
  type(key: string, fallback?: DType): DType {
    const value = this.#field(key, 'type')
    if (value === undefined && fallback) return fallback
    const name = typeof value === 'number' ? NUMBERED[value] : String(value)
    const known = name !== undefined && Object.hasOwn(TYPES, name) ? TYPES[name] : undefined
    return known ?? this.#wrong(key, Object.keys(TYPES).join(', '))
  }

  /** null for a free size; undefined where the rank is not known. */
  shape(key: string): Shape | undefined {
    const value = this.#field(key, 'shape')
    if (!isObject(value) || value.unknownRank === true) return undefined
    const dim = Array.isArray(value.dim) ? value.dim : []
    return dim.map((d) => {
      const size = Number(isObject(d) ? d.size : d)
      return size < 0 || Number.isNaN(size) ? null : size
    })
  }

  unread(): string[] {
    return Object.keys(this.#json).filter((key) => !this.#read.has(key) && !isEmpty(this.#json[key]))
  }

  shown(key: string): string {
    return String(JSON.stringify(this.#json[key])).slice(0, 80)
  }
}

/** Bytes are written in base64, by old converters as a list of their values. */
const decoded = (value: Json): string =>
  Array.isArray(value)
    ? String.fromCharCode(...(value as number[]))
    : Buffer.from(String(value), 'base64').toString('latin1')

/** A value that says no: false, zero, an empty list. */
function isEmpty(value: Json | undefined): boolean {
  if (!isObject(value)) return true
  return Object.values(value).every(
    (field) =>
      field === false ||
      Number(field) === 0 ||
      field === '' ||
      (isObject(field) && Object.values(field).every((list) => Array.isArray(list) && list.length === 0)),
  )
}
