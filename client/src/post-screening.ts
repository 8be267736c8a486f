/**
 * Screening through the endpoint, for React Native, a page, Node or any other place with `fetch`. It needs nothing but `fetch`.
 *
 * @example
 * const { label, probabilities } = await screenOverHttp(
 *   { endpoint: 'https://screening.example', key },
 *   { uri: photo.uri, type: 'image/jpeg', name: 'xray.jpg' }, // React Native's file part
 * )
 */
/** Where the service is, without a slash at the end, the API key, and another `fetch` where the runtime's own will not do. */
export type Endpoint = { readonly endpoint: string; readonly key: string; readonly fetch?: typeof fetch }

/** React Native sends a file by its address on the device; elsewhere the file itself is given. */
export type ImagePart = Blob | { readonly uri: string; readonly type: string; readonly name: string }

/** What a client needs of an answer; the whole is in the endpoint's OpenAPI document. */
export type Screened = {
  readonly id: string
  readonly label: string
  /** By class; scores, not a diagnosis. */
  readonly probabilities: Readonly<Record<string, number>>
  readonly heatmaps: readonly {
    readonly class: string
    readonly max: number
    readonly width: number
    readonly height: number
    /** base64 of width × height bytes: value = byte ÷ 255 × max */
    readonly data: string
  }[]
  /** `client`: the tensor was made here, and the endpoint never saw the image. */
  readonly preprocessedBy: 'service' | 'client'
  readonly quality: { readonly warnings: readonly { readonly code: string; readonly detail: string }[] }
  readonly disclaimer: string
}

/** A problem as the endpoint names it (RFC 9457): `code` is stable, `detail` may be shown. */
export class ScreeningError extends Error {
  override readonly name = 'ScreeningError'
  readonly code: string
  readonly status: number

  constructor(code: string, status: number, detail: string) {
    super(detail)
    this.code = code
    this.status = status
  }
}

const TRIES = 4
const LONGEST_WAIT_S = 10

/** Sends one image, of which the endpoint makes the tensor. @throws as `postScreening` says */
export async function screenOverHttp(endpoint: Endpoint, image: ImagePart): Promise<Screened> {
  return postScreening(endpoint, () => {
    const form = new FormData()
    form.append('image', image as Blob)
    return { headers: {}, body: form }
  })
}

/** What is posted; a function, for a body may be read once only. */
export type Upload = () => {
  readonly headers: Readonly<Record<string, string>>
  readonly body: FormData | Uint8Array<ArrayBuffer>
}

/**
 * Posts one screening. What passes by itself (a busy service, a lost connection) is tried again with the same Idempotency-Key: the image is
 * billed once, however often it was sent.
 * @throws ScreeningError; a network error after the last try
 */
export const postScreening = (endpoint: Endpoint, upload: Upload): Promise<Screened> =>
  post<Screened>(endpoint, '/v1/screenings', upload)

/** The same for another route that charges once for an Idempotency-Key. @param path with its query */
export async function post<T>(
  { endpoint, key, fetch: call = fetch }: Endpoint,
  path: string,
  upload: Upload,
): Promise<T> {
  const idempotencyKey = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`
  for (let left = TRIES - 1; ; left--) {
    const { headers: own, body } = upload()
    const headers = { ...own, authorization: `Bearer ${key}`, 'idempotency-key': idempotencyKey }
    let response: Response
    try {
      response = await call(`${endpoint}${path}`, { method: 'POST', headers, body })
    } catch (error) {
      if (left === 0) throw error
      await pause(1)
      continue
    }
    if (response.ok) return (await response.json()) as T
    const wait = Number(response.headers.get('retry-after') ?? Number.NaN)
    if (left === 0 || !(wait <= LONGEST_WAIT_S)) throw await readProblem(response)
    await pause(wait)
  }
}

async function readProblem(response: Response): Promise<ScreeningError> {
  const problem = (await response.json().catch(() => ({}))) as {
    type?: string
    title?: string
    detail?: string
  }
  const code = problem.type?.replace('/problems/', '') ?? 'internal'
  return new ScreeningError(
    code,
    response.status,
    problem.detail ?? problem.title ?? `HTTP ${response.status}`,
  )
}

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000))
