import dimse from 'dcmjs-dimse'
import type { DimseDestination } from '../config.ts'
import { FaultError, STOPPED } from '../queue/fault.ts'
import { tlsOptions } from '../tls.ts'

const TIMEOUT_MS = 60_000

/**
 * One association, from its request to its end. What came of the requests is for them to say: the library ends quietly where the peer accepts
 * no presentation context for one.
 * @param calling AE title of this gateway
 * @param prepare adds the requests
 * @param lingerMs how long the association is kept after the last response, for what the other side has to say
 * @param ending the association ends with it
 * @throws FaultError where there is no association
 */
export function overAssociation(
  to: DimseDestination,
  calling: string,
  prepare: (client: dimse.Client) => void,
  { lingerMs = 0, ending }: { lingerMs?: number; ending?: AbortSignal | undefined } = {},
): Promise<void> {
  ending?.throwIfAborted()
  return new Promise((resolve, reject) => {
    const client = new dimse.Client()
    const ended = () => {
      clearTimeout(timer)
      ending?.removeEventListener('abort', stopped)
    }
    const fail = (code: string, reason: string) => {
      ended()
      reject(new FaultError({ code, reason: `${to.aet}: ${reason}` }))
    }
    const giveUp = (code: string, reason: string) => {
      fail(code, reason)
      try {
        client.abort()
      } catch {
        // it had not connected yet
      }
    }
    const timer = setTimeout(() => giveUp('timeout', `no answer within ${TIMEOUT_MS / 1000} s`), TIMEOUT_MS)
    const stopped = () => giveUp(STOPPED.code, STOPPED.reason)
    ending?.addEventListener('abort', stopped)
    prepare(client)
    client.on('associationRejected', (reject: { reason?: number } | undefined) =>
      fail('association-rejected', `the association was rejected (reason ${reject?.reason ?? 'unknown'})`),
    )
    client.on('networkError', (error: Error) => fail('unreachable', error.message))
    client.on('closed', () => {
      ended()
      resolve()
    })
    client.send(to.host, to.port, calling, to.aet, {
      associationTimeout: 15_000,
      pduTimeout: TIMEOUT_MS,
      associationLingerTimeout: lingerMs,
      ...(to.tls && { securityOptions: tlsOptions(to.tls) }),
    })
  })
}
