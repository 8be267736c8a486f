import { Agent, type RequestInit, Response, fetch as send } from 'undici'
import { FaultError } from '../queue/fault.ts'
import { type TlsFiles, tlsOptions, whyUnreachable } from '../tls.ts'

/** A request that ends in a whole answer, of `maxBytes` at most, or a `FaultError`. */
export type Http = (url: string, init?: RequestInit, maxBytes?: number) => Promise<Response>

const TIMEOUT_MS = 60_000
/** What is asked for by default is short: a screening, a token, what was stored. */
const MAX_BYTES = 2 ** 24
/** Answers without a body (RFC 9110, section 15). */
const NO_BODY = [204, 205, 304]

/**
 * Redirects are not followed: what is sent holds patients' data, and goes where the configuration says and nowhere else.
 * @param ending every request ends with it
 * @param tls own certificate and authority, for servers that ask for one (mutual TLS) or have one of the hospital's
 */
export function httpClient(tls: TlsFiles | undefined, ending?: AbortSignal): Http {
  const dispatcher = tls && new Agent({ connect: tlsOptions(tls) })
  return async (url, init = {}, maxBytes = MAX_BYTES) => {
    const { host } = new URL(url)
    try {
      const response = await send(url, {
        ...init,
        signal: AbortSignal.any(
          [AbortSignal.timeout(TIMEOUT_MS), init.signal, ending].filter((one) => !!one),
        ),
        redirect: 'manual',
        ...(dispatcher && { dispatcher }),
      })
      const { status, headers } = response
      if (status >= 300 && status < 400 && headers.has('location')) {
        await response.body?.cancel()
        throw new FaultError({
          code: 'redirected',
          reason: `${host} answered ${status} with another address, which is not followed: name that one in the configuration, if it is right`,
        })
      }
      const body = await bodyOf(response, maxBytes, host)
      return new Response(NO_BODY.includes(status) ? null : body, { status, headers })
    } catch (error) {
      if (error instanceof FaultError) throw error
      const { cause } = error as Error
      const why = whyUnreachable(cause instanceof Error ? cause : (error as Error))
      throw new FaultError({ code: 'unreachable', reason: `${host}: ${why}` })
    }
  }
}

/** All bytes of the body. Of a refusal that is too long its status is enough, so that is answered without them. */
async function bodyOf(response: Response, maxBytes: number, host: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += (chunk as Uint8Array).byteLength
    if (bytes > maxBytes) {
      if (!response.ok) return new Uint8Array() // leaving the loop cancels the rest
      throw new FaultError({
        code: 'answer-too-long',
        reason: `${host} answered ${response.status} with more than ${maxBytes} bytes`,
      })
    }
    chunks.push(chunk as Uint8Array)
  }
  return Buffer.concat(chunks)
}

/** The answer as JSON. @throws FaultError that quotes nothing of the answer, which may speak of a patient */
export async function jsonOf(response: Response, from: string): Promise<unknown> {
  const text = await response.text()
  try {
    return JSON.parse(text)
  } catch {
    throw new FaultError({ code: 'answer-invalid', reason: `${from} answered something that is no JSON` })
  }
}

/** Seconds of Retry-After, where it is a number (RFC 9110, section 10.2.3). */
export function retryAfterS(response: Response): number | undefined {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined
}
