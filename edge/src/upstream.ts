import type { KeyMode } from '@detl/core/api/api-key'
import type { ComputedOn } from '@detl/core/api/computed-on'
import { AppError } from '@detl/core/api/problem'
import type { Manifest } from '@detl/core/model/manifest'
import { type ModelOutputs, outputsOf, wireOutputs } from '@detl/core/model/outputs'
import { precisionSchema } from '@detl/core/model/precision'
import { preprocessId } from '@detl/core/preprocess/spec'
import {
  decodeInferResponse,
  encodeInferRequest,
  HEADER_LENGTH,
  parseHeaderLength,
} from '@detl/core/wire/oip'
import { DEADLINE_HEADER, type SigningKey, signRequest } from '@detl/core/wire/signature'

/** The model's outputs for one tensor, and who computed them. */
export type Inference = ModelOutputs & {
  readonly servedBy: 'gpu' | 'edge'
  readonly computedOn?: ComputedOn | undefined
}

/**
 * @param tensor UINT8 [1,1,S,S]
 * @param call what else belongs to the caller's request: its id, the mode of its key, its trace, the signal that it is gone, and what the account
 *   wants where the GPU does not answer
 */
export type Infer = (
  tensor: Uint8Array,
  call: {
    requestId: string
    mode: KeyMode
    traceparent?: string | undefined
    signal: AbortSignal
    fallback?: 'edge' | 'fail' | undefined
  },
) => Promise<Inference>

type GpuOptions = {
  readonly gpuUrl: string
  readonly gpuDeadlineMs: number
  /** Absent where the server checks no signatures. */
  readonly signingKey: SigningKey | undefined
  readonly manifest: Manifest
}

/**
 * The GPU function as a function: one signed Open Inference Protocol call.
 * @throws AppError upstream-unavailable (no answer, overloaded), upstream-timeout (deadline), upstream-invalid (any other answer)
 */
export function gpuUpstream({ gpuUrl, gpuDeadlineMs, signingKey, manifest }: GpuOptions): Infer {
  const path = `/v2/models/${manifest.name}/infer`
  const { size } = manifest.preprocess
  const preprocess = preprocessId(manifest.preprocess)
  const outputs = outputsOf(manifest)

  return async (tensor, { requestId, mode, traceparent, signal }) => {
    const { body, headerLength } = encodeInferRequest({
      id: requestId,
      inputs: [{ name: manifest.input.name, shape: [1, 1, size, size], datatype: 'UINT8', data: tensor }],
      outputs,
      // What a test key screens is not held against what is usual.
      parameters: { preprocess, ...(mode === 'test' && { mode }) },
    })
    const headers: Record<string, string> = {
      'content-type': 'application/octet-stream',
      [HEADER_LENGTH]: String(headerLength),
      [DEADLINE_HEADER]: String(gpuDeadlineMs),
    }
    if (traceparent) headers.traceparent = traceparent
    if (signingKey)
      Object.assign(headers, await signRequest({ method: 'POST', path, headers, body, key: signingKey }))

    const deadline = AbortSignal.timeout(gpuDeadlineMs)
    try {
      const response = await fetch(gpuUrl + path, {
        method: 'POST',
        headers,
        body,
        signal: AbortSignal.any([deadline, signal]),
      })
      const bytes = new Uint8Array(await response.arrayBuffer())
      if (!response.ok) throw refusal(response.status, bytes)
      return readInference(outputs, bytes, response.headers.get(HEADER_LENGTH))
    } catch (cause) {
      if (cause instanceof AppError) throw cause
      if (deadline.aborted) {
        throw new AppError('upstream-timeout', `no answer within ${gpuDeadlineMs} ms`, { cause })
      }
      throw new AppError(
        'upstream-unavailable',
        'the inference server cannot be reached; try again shortly',
        { cause },
      )
    }
  }
}

function readInference(names: readonly string[], bytes: Uint8Array, headerLength: string | null): Inference {
  const { outputs, parameters } = decodeInferResponse(
    bytes,
    parseHeaderLength(headerLength, 'upstream-invalid'),
  )
  const { provider, adapter } = parameters
  // Other servers, and earlier ones of ours, do not say it.
  const { data: precision } = precisionSchema.safeParse(parameters.precision)
  const computedOn =
    typeof provider === 'string' && typeof adapter === 'string'
      ? { provider: provider.slice(0, 64), adapter: adapter.slice(0, 256), ...(precision && { precision }) }
      : undefined
  return { ...wireOutputs(names, outputs), servedBy: 'gpu', computedOn }
}

/** A refusal of the GPU function as the caller's problem; its own text goes to the log, since it speaks of our wiring. */
function refusal(status: number, bytes: Uint8Array): AppError {
  const text = new TextDecoder().decode(bytes.subarray(0, 500))
  console.warn(JSON.stringify({ level: 'warn', event: 'upstream-refused', status, text }))
  if (status === 429 || status === 503) {
    return new AppError('upstream-unavailable', 'the inference server is busy or starting; try again shortly')
  }
  if (status === 504 || status === 408)
    return new AppError('upstream-timeout', 'inference took longer than its deadline')
  return new AppError('upstream-invalid', `the inference server refused the call with status ${status}`)
}
