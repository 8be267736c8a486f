import type { paths } from '@detl/core/api/contract'
import type { ProblemCode } from '@detl/core/api/problem'
import createClient from 'openapi-fetch'
import { engine, unwrap } from '../engine/engine.ts'
import { type ModelInfo, type ModelSpecs, PageError, type Problem, type Result } from '../engine/types.ts'

/** Tries beside the first, where the endpoint says when to come back. */
const RETRIES = 2
const LONGEST_WAIT_S = 10

export type Call = {
  readonly key: string
  /** The same for each try of one image: it is billed once. */
  readonly idempotencyKey: string
  readonly signal: AbortSignal
}

/**
 * Sends what the model sees of the image, its tensor, and nothing else.
 * @param model how its images are prepared, as far as the page knows; the endpoint is asked where it has another one by now
 * @throws PageError a problem of the endpoint or the gate, offline, answer-not-understood
 */
export async function screen(image: Blob, model: ModelSpecs | undefined, call: Call): Promise<Result> {
  const bytes = await image.arrayBuffer()
  const send = async (specs: ModelSpecs) => {
    const { headers, body } = await unwrap(engine().upload(bytes, specs))
    return post(new Blob([body]), { ...headers, accept: 'application/json' }, 'json', call)
  }
  const json = model
    ? await send(model).catch(async (error: unknown) => {
        if (!(error instanceof PageError && error.problem.code === 'preprocess-mismatch')) throw error
        return send(await describeModel())
      })
    : await send(await describeModel())
  return unwrap(engine().readAnswer(json))
}

/** The screening in another representation, such as application/fhir+json: the image itself is sent for it. @throws PageError */
export const screenAs = (image: Blob, accept: string, call: Call): Promise<Blob> =>
  post(
    image,
    {
      accept,
      'accept-language': document.documentElement.lang,
      'content-type': image.type || 'application/octet-stream',
    },
    'blob',
    call,
  )

/** @throws PageError offline, answer-not-understood */
export async function describeModel(): Promise<ModelInfo> {
  return unwrap(engine().readModel(answered(await api.GET('/v1/model'))))
}

async function post<As extends 'json' | 'blob'>(
  upload: Blob,
  own: Readonly<Record<string, string>>,
  parseAs: As,
  { key, idempotencyKey, signal }: Call,
) {
  for (let left = RETRIES; ; left--) {
    const answer = await api.POST('/v1/screenings', {
      params: { header: { 'idempotency-key': idempotencyKey } },
      headers: { ...withKey(key), ...own },
      // The contract knows bytes as text; they go as they are.
      body: upload as unknown as string,
      bodySerializer: (body) => body,
      parseAs,
      signal,
    })
    const wait = Number(answer.response.headers.get('retry-after') ?? Number.NaN)
    if (answer.response.ok || left === 0 || !(wait <= LONGEST_WAIT_S)) return answered(answer)
    await new Promise((resolve) => setTimeout(resolve, wait * 1000))
  }
}

/** The endpoint by its contract. Its answers are parsed by core's schemas all the same: it may be of another version than the page. */
export const api = createClient<paths>({
  baseUrl: location.origin,
  fetch: async (request: Request) => {
    try {
      return await fetch(request)
    } catch (cause) {
      if (request.signal.aborted) throw cause
      throw new PageError({ code: 'offline', detail: String(cause) }, { cause })
    }
  },
})

export const withKey = (key: string) => ({ authorization: `Bearer ${key}` })

/** The data of an answer. @throws PageError the problem that it tells */
export function answered<T>({ data, error, response }: { data?: T; error?: unknown; response: Response }): T {
  if (response.ok && data !== undefined) return data
  throw new PageError(readProblem(error, response.status))
}

/** RFC 9457 problem details → the page's words; anything else that failed is named by its status. */
function readProblem(body: unknown, status: number): Problem {
  const text = (field: string) => {
    const value = typeof body === 'object' ? (body as Record<string, unknown> | null)?.[field] : undefined
    return typeof value === 'string' ? value : undefined
  }
  const code = /^\/problems\/([a-z-]+)$/.exec(text('type') ?? '')?.[1] as ProblemCode | undefined
  const requestId = text('instance')?.replace('urn:uuid:', '')
  return {
    code: code ?? (status === 404 ? 'not-found' : 'internal'),
    title: text('title') ?? `HTTP ${status}`,
    detail: text('detail') ?? '',
    ...(requestId ? { requestId } : {}),
  }
}
