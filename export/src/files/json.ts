export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }

export const isObject = (json: Json | undefined): json is JsonObject =>
  typeof json === 'object' && json !== null && !Array.isArray(json)

const snake = (text: string): string => text.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase()

/** Keys whose strings are names that somebody chose; everything else is Keras's vocabulary. */
const NAMES = new Set([
  'name',
  'class_name',
  'inbound_nodes',
  // The other operand of an operator of Keras 2.
  'y',
  'input_layers',
  'output_layers',
  'keras_history',
])

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
