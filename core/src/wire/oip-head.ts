/**
 * The JSON parts of the Open Inference Protocol, read by hand: they stand before every call of the GPU function, whose caches are cold then, for a run of a
 * network lies between any two calls. A schema library takes 0.1 ms there, this a tenth of it. Fields that are not named are passed over, as the protocol wants it.
 * Source: kserve/open-inference-protocol `inference_rest.md`, `$inference_request` and `$inference_response`.
 */
import { AppError, type ProblemCode } from '../api/problem.ts'

export type Parameters = Readonly<Record<string, string | number | boolean>>

/** A tensor without its bytes, or with its values as JSON. */
export type TensorEntry = {
  readonly name: string
  readonly shape: readonly number[]
  readonly datatype: string
  readonly parameters: Parameters | undefined
  readonly data: readonly unknown[] | undefined
}
export type OutputEntry = Pick<TensorEntry, 'name' | 'parameters'>
export type RequestHead = {
  readonly id: string | undefined
  readonly parameters: Parameters | undefined
  readonly inputs: readonly TensorEntry[]
  readonly outputs: readonly OutputEntry[] | undefined
}
export type ResponseHead = {
  readonly model_name: string
  readonly model_version: string | undefined
  readonly id: string | undefined
  readonly parameters: Parameters | undefined
  readonly outputs: readonly TensorEntry[]
}

const MAX_NAME = 256
const MAX_ID = 1024
const MAX_DIMENSIONS = 8

/** @throws AppError `code` that names the field and says what it must be */
export function requestHead(json: unknown, code: ProblemCode): RequestHead {
  const head = objectOf(json, 'body', code)
  const inputs = listOf(head.inputs, 'inputs', code)
  if (inputs.length === 0) throw wrong(code, 'inputs', 'an array of at least one tensor')
  const outputs = head.outputs === undefined ? undefined : listOf(head.outputs, 'outputs', code)
  return {
    id: textOf(head.id, 'id', code),
    parameters: parametersOf(head.parameters, 'parameters', code),
    inputs: inputs.map((input, i) => tensorOf(input, `inputs.${i}`, code)),
    outputs: outputs?.map((output, i) => outputOf(output, `outputs.${i}`, code)),
  }
}

/** @throws AppError `code` that names the field and says what it must be */
export function responseHead(json: unknown, code: ProblemCode): ResponseHead {
  const head = objectOf(json, 'body', code)
  const modelName = textOf(head.model_name, 'model_name', code)
  if (modelName === undefined) throw wrong(code, 'model_name', 'text')
  return {
    model_name: modelName,
    model_version: textOf(head.model_version, 'model_version', code),
    id: textOf(head.id, 'id', code),
    parameters: parametersOf(head.parameters, 'parameters', code),
    outputs: listOf(head.outputs, 'outputs', code).map((output, i) => tensorOf(output, `outputs.${i}`, code)),
  }
}

type Fields = Readonly<Record<string, unknown>>

function outputOf(value: unknown, at: string, code: ProblemCode): OutputEntry {
  const entry = objectOf(value, at, code)
  const { name } = entry
  if (typeof name !== 'string' || name.length === 0 || name.length > MAX_NAME)
    throw wrong(code, `${at}.name`, `text of 1 to ${MAX_NAME} characters`)
  return { name, parameters: parametersOf(entry.parameters, `${at}.parameters`, code) }
}

function tensorOf(value: unknown, at: string, code: ProblemCode): TensorEntry {
  const { name, parameters } = outputOf(value, at, code)
  const { shape, datatype, data } = value as Fields
  if (!isShape(shape))
    throw wrong(code, `${at}.shape`, `up to ${MAX_DIMENSIONS} whole numbers, none below zero`)
  if (typeof datatype !== 'string') throw wrong(code, `${at}.datatype`, 'text')
  if (data !== undefined && !Array.isArray(data)) throw wrong(code, `${at}.data`, 'an array')
  return { name, shape, datatype, parameters, data }
}

function isShape(value: unknown): value is number[] {
  if (!Array.isArray(value) || value.length > MAX_DIMENSIONS) return false
  for (const side of value) if (!Number.isSafeInteger(side) || side < 0) return false
  return true
}

function parametersOf(value: unknown, at: string, code: ProblemCode): Parameters | undefined {
  if (value === undefined) return undefined
  const parameters = objectOf(value, at, code)
  for (const name in parameters) {
    const kind = typeof parameters[name]
    if (kind !== 'string' && kind !== 'number' && kind !== 'boolean')
      throw wrong(code, `${at}.${name.slice(0, MAX_NAME)}`, 'text, a number, true or false')
  }
  return parameters as Parameters
}

function textOf(value: unknown, at: string, code: ProblemCode): string | undefined {
  if (value === undefined || (typeof value === 'string' && value.length <= MAX_ID)) return value
  throw wrong(code, at, `text of at most ${MAX_ID} characters`)
}

function listOf(value: unknown, at: string, code: ProblemCode): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw wrong(code, at, 'an array')
}

function objectOf(value: unknown, at: string, code: ProblemCode): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  throw wrong(code, at, 'an object')
}

const wrong = (code: ProblemCode, at: string, wanted: string) => new AppError(code, `${at} must be ${wanted}`)
