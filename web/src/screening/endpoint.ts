import type { ProblemCode } from '@detl/core/api/problem'
import { engine, unwrap } from '../engine/engine.ts'
import { type ModelInfo, PageError, type Problem, type Result } from '../engine/types.ts'

/** Tries beside the first, where the endpoint says when to come back. */
const RETRIES = 2
const LONGEST_WAIT_S = 10

export type Call = {
  readonly key: string
  /** The same for each try of one image: it is billed once. */
  readonly idempotencyKey: string
  readonly signal: AbortSignal
}

/** @throws PageError a problem of the endpoint, offline, answer-not-understood */
export async function screen(image: Blob, call: Call): Promise<Result> {
  const response = await post(image, 'application/json', call)
  return unwrap(engine().readAnswer(await response.json()))
}

/** The screening in another representation, such as application/fhir+json. @throws PageError */
export const screenAs = async (image: Blob, accept: string, call: Call): Promise<Blob> =>
  (await post(image, accept, call)).blob()

/** @throws PageError offline, answer-not-understood */
export async function describeModel(): Promise<ModelInfo> {
  const response = await reach('/v1/model')
  if (!response.ok) throw new PageError(await readProblem(response))
  return unwrap(engine().readModel(await response.json()))
}

async function post(image: Blob, accept: string, { key, idempotencyKey, signal }: Call): Promise<Response> {
  for (let left = RETRIES; ; left--) {
    const response = await reach('/v1/screenings', {
      method: 'POST',
      body: image,
      signal,
      headers: {
        accept,
        authorization: `Bearer ${key}`,
        'content-type': image.type || 'application/octet-stream',
        'idempotency-key': idempotencyKey,
      },
    })
    if (response.ok) return response
    const wait = Number(response.headers.get('retry-after') ?? Number.NaN)
    if (left === 0 || !(wait <= LONGEST_WAIT_S)) throw new PageError(await readProblem(response))
    await new Promise((resolve) => setTimeout(resolve, wait * 1000))
  }
}

/** @throws PageError offline */
export async function reach(path: string, init?: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init)
  } catch (cause) {
    if (init?.signal?.aborted) throw cause
    throw new PageError({ code: 'offline', detail: String(cause) }, { cause })
  }
}

/** RFC 9457 problem details → the page's words; anything else that failed is named by its status. */
export async function readProblem(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => undefined)
  const text = (field: string) => {
    const value = (body as Record<string, unknown> | undefined)?.[field]
    return typeof value === 'string' ? value : undefined
  }
  const code = /^\/problems\/([a-z-]+)$/.exec(text('type') ?? '')?.[1] as ProblemCode | undefined
  const requestId = text('instance')?.replace('urn:uuid:', '')
  return {
    code: code ?? (response.status === 404 ? 'not-found' : 'internal'),
    title: text('title') ?? `HTTP ${response.status}`,
    detail: text('detail') ?? '',
    ...(requestId ? { requestId } : {}),
  }
}
