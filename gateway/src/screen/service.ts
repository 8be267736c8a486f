import { createHash } from 'node:crypto'
import { type Manifest, manifestSchema } from '@detl/core/model/manifest'
import * as z from 'zod'
import { type Http, retryAfterS } from '../http/client.ts'
import { FaultError } from '../queue/fault.ts'
import type { Item } from '../queue/rows.ts'
import { answerSchema } from './answer.ts'

const problemSchema = z.object({ code: z.string(), detail: z.string().optional() })

/** Answers that say that the service will not take this tensor, however often it is sent. */
const FINAL = new Set(['idempotency-mismatch', 'request-invalid', 'body-too-large', 'image-unsuitable'])
const MODEL_MS = 600_000

/** The screening service, as its client. */
export class Service {
  readonly #url: string
  readonly #key: string
  readonly #http: Http
  #model: { manifest: Manifest; at: number } | undefined

  constructor({ url, key, http }: { url: string; key: string; http: Http }) {
    this.#url = url.replace(/\/$/, '')
    this.#key = key
    this.#http = http
  }

  /** How the model wants its tensors, and what its answers mean. @throws FaultError */
  async manifest(): Promise<Manifest> {
    if (this.#model && performance.now() - this.#model.at < MODEL_MS) return this.#model.manifest
    const response = await this.#http(`${this.#url}/v1/model`)
    const parsed = manifestSchema
      .extend({ preprocessId: z.string() })
      .safeParse(response.ok ? await json(response) : undefined)
    if (!parsed.success)
      throw new FaultError({
        code: 'service-unknown',
        reason: `GET /v1/model: ${response.status}, no manifest`,
      })
    const { preprocessId: _, ...manifest } = parsed.data
    this.#model = { manifest, at: performance.now() }
    return manifest
  }

  /**
   * @param upload of `encodeTensorUpload`: no pixel of the image and nothing of the patient
   * @param manifest of the model that is to answer
   * @returns the answer as JSON; `readAnswer` reads it
   * @throws FaultError
   */
  async screen(
    upload: { headers: Record<string, string>; body: Uint8Array<ArrayBuffer> },
    idempotencyKey: string,
    manifest: Pick<Manifest, 'name' | 'version'>,
  ): Promise<string> {
    const response = await this.#http(`${this.#url}/v1/screenings`, {
      method: 'POST',
      headers: {
        ...upload.headers,
        authorization: `Bearer ${this.#key}`,
        accept: 'application/json',
        'idempotency-key': idempotencyKey,
      },
      body: upload.body,
    })
    const text = await response.text()
    const body = parsedJson(text)
    if (!response.ok) throw this.#refusal(response, body)
    const parsed = answerSchema.safeParse(body)
    if (!parsed.success)
      throw new FaultError({
        code: 'upstream-invalid',
        reason: `POST /v1/screenings: an answer that is none`,
      })
    const { name, version } = parsed.data.model
    if (name !== manifest.name || version !== manifest.version) {
      this.#model = undefined
      throw new FaultError({ code: 'model-changed', reason: `${name}@${version} answered` })
    }
    return JSON.stringify(parsed.data)
  }

  #refusal(response: Parameters<typeof retryAfterS>[0], body: unknown): FaultError {
    const { status } = response
    const { code, detail } = problemSchema.safeParse(body).data ?? { code: `http-${status}`, detail: '' }
    // Another model since: its manifest is asked for before the next try, and the key that is made of it is another one.
    if (code === 'preprocess-mismatch' || code === 'idempotency-stale') this.#model = undefined
    return new FaultError({
      code,
      reason: `the service answered ${status}: ${detail}`,
      retryAfterS: retryAfterS(response),
      final: FINAL.has(code),
    })
  }
}

/**
 * The same image, model and revision, the same key: however often it is sent, it is screened and billed once. It says nothing of the patient:
 * a SOP Instance UID is in it as a digest alone.
 */
export const idempotencyKeyOf = (
  { sop_instance, revision }: Pick<Item, 'sop_instance' | 'revision'>,
  { name, version }: Pick<Manifest, 'name' | 'version'>,
): string =>
  createHash('sha256').update([sop_instance, name, version, revision].join('\n')).digest('base64url')

const json = async (response: { text: () => Promise<string> }) => parsedJson(await response.text())

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
