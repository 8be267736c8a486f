import { ConvertError } from '../errors.ts'

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }

export const isObject = (json: Json | undefined): json is JsonObject =>
  typeof json === 'object' && json !== null && !Array.isArray(json)

const snake = (text: string): string => text.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase()

/** Keys whose strings are names that somebody chose; everything else is Keras's vocabulary. */
const NAMES = new Set(['name', 'class_name', 'inbound_nodes', 'input_layers', 'output_layers'])

/** Keras writes snake_case, tfjs's in-memory form camelCase: read both as snake_case, names left alone. */
export function toSnakeCase(json: Json, key = ''): Json {
  if (typeof json === 'string') return NAMES.has(key) ? json : snake(json)
  if (Array.isArray(json)) return json.map((item) => toSnakeCase(item, key))
  if (!isObject(json)) return json
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => {
      const to = snake(name)
      return [to, toSnakeCase(value, to)]
    }),
  )
}

/** A layer's options, read with a type and a default; a value of another kind is an error that names the layer. */
export class Config {
  readonly json: JsonObject
  readonly #owner: string

  constructor(json: JsonObject, owner: string) {
    this.json = json
    this.#owner = owner
  }

  #wrong(key: string, wanted: string): never {
    const found = JSON.stringify(this.json[key])?.slice(0, 80)
    throw new ConvertError('unsupported-option', `${this.#owner}: ${key} is ${found}; supported: ${wanted}`)
  }

  has(key: string): boolean {
    return this.json[key] !== undefined && this.json[key] !== null
  }

  number(key: string, fallback?: number): number {
    const value = this.json[key] ?? fallback
    return typeof value === 'number' ? value : this.#wrong(key, 'a number')
  }

  bool(key: string, fallback: boolean): boolean {
    const value = this.json[key] ?? fallback
    return typeof value === 'boolean' ? value : this.#wrong(key, 'true or false')
  }

  choice<T extends string>(key: string, choices: readonly T[], fallback?: T): T {
    const value = this.json[key] ?? fallback
    return choices.find((choice) => choice === value) ?? this.#wrong(key, choices.join(', '))
  }

  ints(key: string): number[] {
    const value = this.json[key]
    return Array.isArray(value) && value.every((n) => typeof n === 'number')
      ? (value as number[])
      : this.#wrong(key, 'a list of integers')
  }

  /** A number for all axes or one for each. */
  perAxis(key: string, rank: number, fallback: number): number[] {
    const value = this.json[key] ?? fallback
    if (typeof value === 'number') return new Array<number>(rank).fill(value)
    const list =
      Array.isArray(value) && value.every((n) => typeof n === 'number') ? (value as number[]) : undefined
    if (list?.length === rank) return list
    if (list?.length === 1) return new Array<number>(rank).fill(list[0]!)
    return this.#wrong(key, `an integer or ${rank} integers`)
  }
}
