import { AppError } from '@detl/core/api/problem'
import {
  decodeInferRequest,
  HEADER_LENGTH,
  type InferRequest,
  parseHeaderLength,
  prepareInferResponse,
  type RequestedOutput,
} from '@detl/core/wire/oip'
import { DEADLINE_HEADER } from '@detl/core/wire/signature'
import type { WireTensor } from '@detl/core/wire/tensor'
import { adapterText } from '../adapter.ts'
import type { Job, JobResult } from '../batcher.ts'
import type { Answer, Call, Params, Route } from '../call.ts'
import type { LoadedModel } from '../loaded-model.ts'
import type { Metrics } from '../metrics.ts'
import type { Models } from '../models.ts'
import { commonHeaders, type ServerState } from '../observe.ts'
import type { Predictions } from '../predictions.ts'
import { VERSION_HEADER } from '../routing.ts'
import { type BodyDeps, readSignedBody } from '../signed.ts'

export type InferDeps = BodyDeps & {
  readonly models: Models
  readonly metrics: Pick<Metrics, 'retries'>
  readonly state: ServerState
  /** Absent where no log is asked for. */
  readonly predictions?: Pick<Predictions, 'observe'> | undefined
}

/** POST /v2/models/:name[/versions/:version]/infer: what can be refused without the body is refused without reading it. */
export const infer =
  (deps: InferDeps): Route =>
  async (call, params) => {
    const model = choose(call, params, deps)
    // From here on the model stays, whatever takes its place meanwhile.
    const leave = model.batcher.enter()
    try {
      return await inferWith(model, call, deps)
    } finally {
      leave()
    }
  }

async function inferWith(model: LoadedModel, call: Call, deps: InferDeps): Promise<Answer> {
  const deadline = deadlineOf(call.headers[DEADLINE_HEADER], call.since)
  admit(model, deadline, call)
  const body = await readSignedBody(call, deps)
  const decoding = performance.now()
  const request = decodeInferRequest(body, parseHeaderLength(call.headers[HEADER_LENGTH]))
  const image = checkInput(request, model)
  const wanted = checkOutputs(request, model)
  call.rows = image.shape[0]!
  call.phases.decode = performance.now() - decoding
  const outputs = wanted.map((output) => output.name)
  const job = { input: image.data, rows: call.rows, outputs, deadline, signal: call.left }
  const running = runOrRetry(model, job, deps)
  // Written while the model runs, or waits its turn: the caller is spared that time.
  const encode = prepareAnswer(call, model, request, wanted)
  const result = await running
  call.batchRows = result.batchRows
  call.phases.queue = result.queueMs
  call.phases.run = result.runMs
  const test = request.parameters.mode === 'test'
  deps.predictions?.observe(model, { input: image.data, test }, result.outputs)
  return answer(call, encode, wanted, result.outputs, deps)
}

/** A job whose thread ends under it is run once more, by the thread that takes its place: the caller need not learn of a lost device. */
async function runOrRetry(model: LoadedModel, job: Job, { models, metrics }: InferDeps): Promise<JobResult> {
  const over = model.session.over
  try {
    return await model.batcher.submit(job)
  } catch (error) {
    if (over || !(error instanceof AppError && error.code === 'upstream-unavailable')) throw error
    const successor = await models.successor(model)
    if (!successor) throw error
    metrics.retries.inc({ model: model.name })
    return successor.batcher.submit(job)
  }
}

function choose(call: Call, { name, version }: Params, { models }: InferDeps): LoadedModel {
  const { headers, trace } = call
  const model = models.choose(name, {
    version,
    header: headers[VERSION_HEADER],
    id: headers['x-request-id'] ?? trace.traceId,
  })
  call.model = model.name
  call.version = model.version
  return model
}

function admit(model: LoadedModel, deadline: number, call: Call): void {
  // Overwritten by the estimate at the moment of refusal; whole seconds, rounded up (RFC 9110, section 10.2.3).
  call.retryAfterS = Math.max(1, Math.ceil(model.batcher.waitMs / 1000))
  model.batcher.admit(1, deadline)
}

/** @returns performance.now() time of the deadline; Infinity without one */
function deadlineOf(header: string | undefined, since: number): number {
  if (header === undefined) return Number.POSITIVE_INFINITY
  if (!/^\d{1,9}$/.test(header))
    throw new AppError('request-invalid', `${DEADLINE_HEADER} is not a number of milliseconds`)
  return since + Number(header)
}

function checkInput(request: InferRequest, model: LoadedModel): WireTensor {
  const { image } = model.session
  const stated = request.parameters.preprocess
  if (stated !== model.preprocess) {
    const was =
      stated === undefined
        ? 'states no parameter "preprocess"'
        : `was made by "${String(stated).slice(0, 64)}"`
    throw new AppError(
      'preprocess-mismatch',
      `the tensor ${was}; ${model.name} ${model.version} takes "${model.preprocess}"`,
    )
  }
  const input = request.inputs[0]!
  if (request.inputs.length !== 1 || input.name !== image.name)
    throw new AppError('request-invalid', `the model has the one input "${image.name}"`)
  const { shape, datatype } = input
  const fits = shape.length === image.shape.length && shape.slice(1).every((d, i) => d === image.shape[i + 1])
  if (datatype !== image.datatype || !fits)
    throw new AppError(
      'request-invalid',
      `input "${input.name}" is ${datatype} [${shape}]; the model takes ${image.datatype} [${image.shape}]`,
    )
  const rows = shape[0]!
  if (rows < 1 || rows > model.maxRows)
    throw new AppError('request-invalid', `a batch has 1 to ${model.maxRows} rows, this one ${rows}`)
  return input
}

function checkOutputs(request: InferRequest, model: LoadedModel): readonly RequestedOutput[] {
  const names = model.session.outputs.map((output) => output.name)
  if (!request.outputs) return names.map((name) => ({ name, binary: request.binaryOutput }))
  for (const { name } of request.outputs)
    if (!names.includes(name))
      throw new AppError('request-invalid', `the model has no output "${name}"; it has ${names.join(', ')}`)
  return request.outputs
}

function prepareAnswer(
  { rows = 0 }: Call,
  model: LoadedModel,
  { id }: InferRequest,
  wanted: readonly RequestedOutput[],
): ReturnType<typeof prepareInferResponse> {
  const { session } = model
  return prepareInferResponse({
    modelName: model.name,
    modelVersion: model.version,
    id,
    parameters: {
      preprocess: model.preprocess,
      sha256: model.digest,
      provider: session.provider,
      adapter: adapterText(session.adapter),
      precision: model.precision,
    },
    // In the order of the request, as the protocol's example has it.
    outputs: wanted.map(({ name, binary }) => {
      const { datatype, shape } = session.outputs.find((output) => output.name === name)!
      return { tensor: { name, datatype, shape: [rows, ...shape.slice(1)] }, binary }
    }),
  })
}

function answer(
  call: Call,
  encode: ReturnType<typeof prepareInferResponse>,
  wanted: readonly RequestedOutput[],
  outputs: readonly WireTensor[],
  { state }: InferDeps,
): Answer {
  const begin = performance.now()
  const { body, headerLength } = encode(
    wanted.map(({ name }) => outputs.find((output) => output.name === name)!.data),
  )
  call.phases.encode = performance.now() - begin
  const headers: Record<string, string> = {
    ...commonHeaders(call, state),
    'content-type': headerLength === undefined ? 'application/json' : 'application/octet-stream',
  }
  if (headerLength !== undefined) headers[HEADER_LENGTH] = String(headerLength)
  return { status: 200, headers, body }
}
