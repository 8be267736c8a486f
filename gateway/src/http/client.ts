import { Agent, type RequestInit, type Response, fetch as send } from 'undici'
import { FaultError } from '../queue/fault.ts'
import { type TlsFiles, tlsOptions, whyUnreachable } from '../tls.ts'

/** A request that ends in an answer or a `FaultError`. */
export type Http = (url: string, init?: RequestInit) => Promise<Response>

const TIMEOUT_MS = 60_000

/** @param tls own certificate and authority, for servers that ask for one (mutual TLS) or have one of the hospital's */
export function httpClient(tls: TlsFiles | undefined): Http {
  const dispatcher = tls && new Agent({ connect: tlsOptions(tls) })
  return async (url, init = {}) => {
    try {
      return await send(url, {
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...init,
        ...(dispatcher && { dispatcher }),
      })
    } catch (error) {
      const { cause } = error as Error
      const why = whyUnreachable(cause instanceof Error ? cause : (error as Error))
      throw new FaultError({ code: 'unreachable', reason: `${new URL(url).host}: ${why}` })
    }
  }
}

/** Seconds of Retry-After, where it is a number (RFC 9110, section 10.2.3). */
export function retryAfterS(response: Response): number | undefined {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined
}
