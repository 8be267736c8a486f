/**
 * Open Inference Protocol v2, REST, with the binary tensor data extension: requests and answers as bytes.
 * Sources: kserve/open-inference-protocol `inference_rest.md` (schemas `$inference_request`, `$inference_response`)
 * and Triton's `extension_binary_data.md`. Tensors are views into the body: nothing is copied.
 */
import { AppError, type ProblemCode } from '../api/problem.ts'
import { joinBytes } from '../base/join-bytes.ts'
import { type Parameters, requestHead, responseHead, type TensorEntry } from './oip-head.ts'
import { DATATYPES, elementCount, tensorFromJson, tensorToJson, type WireTensor } from './tensor.ts'

/** Length in bytes of the JSON part when binary data follow it (extension_binary_data). */
export const HEADER_LENGTH = 'inference-header-content-length'

/** A body and, when binary tensors follow the JSON part, that part's length for the `Inference-Header-Content-Length` header. */
export type Encoded = { readonly body: Uint8Array<ArrayBuffer>; readonly headerLength: number | undefined }

export type RequestedOutput = { readonly name: string; readonly binary: boolean }

export type InferRequest = {
  readonly id: string | undefined
  readonly parameters: Parameters
  readonly inputs: readonly WireTensor[]
  /** `undefined`: every output of the model, each as `binaryOutput` says. */
  readonly outputs: readonly RequestedOutput[] | undefined
  readonly binaryOutput: boolean
}

export type InferResponse = {
  readonly modelName: string
  readonly modelVersion: string | undefined
  readonly id: string | undefined
  readonly parameters: Parameters
  readonly outputs: readonly WireTensor[]
}

/** What a decoder accepts, checked before anything of that size is allocated or parsed. */
export type WireLimits = {
  /** Longest JSON part, in bytes. */
  readonly maxJsonBytes: number
  readonly maxTensors: number
  /** Elements of one tensor. */
  readonly maxElements: number
}

/** 16 tensors of S = 1024 as JSON (four characters an element) are 64 MiB; 2^24 elements are one batch of 16 of them. */
export const WIRE_LIMITS: WireLimits = { maxJsonBytes: 64 * 2 ** 20, maxTensors: 32, maxElements: 2 ** 24 }

/**
 * A request whose tensors, and whose answer's tensors, travel as binary.
 * @param request `outputs`: names of the wanted outputs; absent = all of them
 */
export function encodeInferRequest(request: {
  id?: string
  inputs: readonly WireTensor[]
  outputs?: readonly string[]
  parameters?: Parameters
}): { body: Uint8Array<ArrayBuffer>; headerLength: number } {
  const head = {
    id: request.id,
    inputs: request.inputs.map(binaryEntry),
    outputs: request.outputs?.map((name) => ({ name })),
    parameters: { ...request.parameters, binary_data_output: true },
  }
  const json = jsonBefore(head)
  return { body: joinBytes([json, ...request.inputs.map(({ data }) => data)]), headerLength: json.length }
}

/**
 * @param headerLength value of `Inference-Header-Content-Length`; `undefined` when that header is absent: the body is all JSON
 * @throws AppError `request-invalid` that says what does not fit
 */
export function decodeInferRequest(
  body: Uint8Array,
  headerLength: number | undefined,
  limits: WireLimits = WIRE_LIMITS,
): InferRequest {
  const code = 'request-invalid'
  const json = requestHead(parseHead(body, headerLength, limits, code), code)
  const inputs = readTensors(json.inputs, body, headerLength, limits, code)
  const binaryOutput = flag(json.parameters, 'binary_data_output', code) ?? false
  const outputs = json.outputs?.map((output) => {
    // A parameter that changes what an output means is refused rather than ignored.
    for (const unsupported of ['classification', 'shared_memory_region'])
      if (output.parameters && unsupported in output.parameters)
        throw new AppError(code, `output "${output.name}": the ${unsupported} extension is not supported`)
    return { name: output.name, binary: flag(output.parameters, 'binary_data', code) ?? binaryOutput }
  })
  unique(outputs ?? [], 'output', code)
  return { id: json.id, parameters: json.parameters ?? {}, inputs, outputs, binaryOutput }
}

type Shape = Omit<WireTensor, 'data'>

/** An answer, by default but for the values of its outputs. */
export type InferAnswer<Tensor extends Shape = Shape> = {
  readonly modelName: string
  readonly modelVersion?: string
  readonly id?: string | undefined
  readonly parameters?: Parameters
  /** `binary`: after the JSON part as bytes, else as a JSON array. */
  readonly outputs: readonly { readonly tensor: Tensor; readonly binary: boolean }[]
}

/**
 * What can be written of an answer before its values are known: while the model runs. An answer with binary outputs alone is then a matter of joining bytes.
 * @returns to be called with the values of each output, in the order of `response.outputs`
 */
export function prepareInferResponse(
  response: InferAnswer,
): (values: readonly WireTensor['data'][]) => Encoded {
  const head = (entries: readonly object[]) => ({
    model_name: response.modelName,
    model_version: response.modelVersion,
    id: response.id,
    parameters: response.parameters,
    outputs: entries,
  })
  const { outputs } = response
  if (outputs.every(({ binary }) => binary)) {
    const json = jsonBefore(head(outputs.map(({ tensor: t }) => binaryEntry(t))))
    return (values) => ({ body: joinBytes([json, ...values]), headerLength: json.length })
  }
  return (values) => {
    const entries = outputs.map(({ tensor: { name, datatype, shape }, binary }, i) =>
      binary
        ? binaryEntry({ name, datatype, shape })
        : { name, datatype, shape, data: tensorToJson({ name, datatype, shape, data: values[i]! }) },
    )
    const after = values.filter((_, i) => outputs[i]!.binary)
    if (after.length === 0)
      return { body: new TextEncoder().encode(JSON.stringify(head(entries))), headerLength: undefined }
    const json = jsonBefore(head(entries))
    return { body: joinBytes([json, ...after]), headerLength: json.length }
  }
}

/** {@link prepareInferResponse}, where the values are at hand. */
export function encodeInferResponse(response: InferAnswer<WireTensor>): Encoded {
  return prepareInferResponse(response)(response.outputs.map(({ tensor: { data } }) => data))
}

/** @throws AppError `upstream-invalid` that says what does not fit */
export function decodeInferResponse(
  body: Uint8Array,
  headerLength: number | undefined,
  limits: WireLimits = WIRE_LIMITS,
): InferResponse {
  const code = 'upstream-invalid'
  const json = responseHead(parseHead(body, headerLength, limits, code), code)
  return {
    modelName: json.model_name,
    modelVersion: json.model_version,
    id: json.id,
    parameters: json.parameters ?? {},
    outputs: readTensors(json.outputs, body, headerLength, limits, code),
  }
}

/** @returns the length, or `undefined` if the header is absent @throws AppError when it is no whole number */
export function parseHeaderLength(
  value: string | null | undefined,
  code: ProblemCode = 'request-invalid',
): number | undefined {
  if (value === null || value === undefined) return undefined
  if (!/^\d{1,10}$/.test(value)) throw new AppError(code, `${HEADER_LENGTH} is not a number of bytes`)
  return Number(value)
}

const binaryEntry = ({ name, shape, datatype }: Shape) => ({
  name,
  shape,
  datatype,
  parameters: { binary_data_size: elementCount(shape) * DATATYPES[datatype].bytes },
})

/** The JSON part of a body whose tensors follow it. */
function jsonBefore(head: object): Uint8Array {
  let text = JSON.stringify(head)
  const unpadded = new TextEncoder().encode(text).length
  // JSON may end in white space: tensors of four-byte elements then start aligned and can be read in place.
  text += ' '.repeat((4 - (unpadded % 4)) % 4)
  return new TextEncoder().encode(text)
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function parseHead(
  body: Uint8Array,
  headerLength: number | undefined,
  limits: WireLimits,
  code: ProblemCode,
): unknown {
  const length = headerLength ?? body.length
  if (length > body.length)
    throw new AppError(code, `the body is shorter than its JSON part of ${length} bytes`)
  if (length > limits.maxJsonBytes)
    throw new AppError(code, `the JSON part exceeds ${limits.maxJsonBytes} bytes`)
  try {
    return JSON.parse(utf8.decode(body.subarray(0, length)))
  } catch (cause) {
    throw new AppError(code, 'the JSON part is not JSON in UTF-8', { cause })
  }
}

function readTensors(
  entries: readonly TensorEntry[],
  body: Uint8Array,
  headerLength: number | undefined,
  limits: WireLimits,
  code: ProblemCode,
): WireTensor[] {
  if (entries.length > limits.maxTensors) throw new AppError(code, `more than ${limits.maxTensors} tensors`)
  unique(entries, 'tensor', code)
  let at = headerLength ?? body.length
  const tensors = entries.map((entry) => {
    const { name, shape } = entry
    const datatype = entry.datatype as keyof typeof DATATYPES
    if (!Object.hasOwn(DATATYPES, datatype))
      throw new AppError(code, `tensor "${name}": datatype ${entry.datatype} is not supported`)
    const count = elementCount(shape)
    if (count > limits.maxElements)
      throw new AppError(code, `tensor "${name}" exceeds ${limits.maxElements} elements`)
    const size = entry.parameters?.binary_data_size
    if (size === undefined) {
      if (!entry.data) throw new AppError(code, `tensor "${name}" has neither data nor binary_data_size`)
      return { name, datatype, shape, data: tensorFromJson(datatype, shape, entry.data, code) }
    }
    if (entry.data) throw new AppError(code, `tensor "${name}" has both data and binary_data_size`)
    const bytes = count * DATATYPES[datatype].bytes
    if (size !== bytes)
      throw new AppError(
        code,
        `tensor "${name}": ${datatype} [${shape}] has ${bytes} bytes, binary_data_size says ${size}`,
      )
    if (at + bytes > body.length) throw new AppError(code, `the body ends inside tensor "${name}"`)
    const data = body.subarray(at, at + bytes)
    at += bytes
    return { name, datatype, shape, data }
  })
  if (at !== body.length) throw new AppError(code, `${body.length - at} bytes are left after the last tensor`)
  return tensors
}

function unique(named: readonly { name: string }[], what: string, code: ProblemCode): void {
  const seen = new Set<string>()
  for (const { name } of named) {
    if (seen.has(name)) throw new AppError(code, `${what} "${name}" is named twice`)
    seen.add(name)
  }
}

function flag(values: Parameters | undefined, name: string, code: ProblemCode): boolean | undefined {
  const value = values?.[name]
  if (value === undefined || typeof value === 'boolean') return value
  throw new AppError(code, `parameter ${name} must be true or false`)
}
