import dimse from 'dcmjs-dimse'
import type { DimseDestination } from '../config.ts'
import { FaultError } from '../queue/fault.ts'
import { tlsOptions } from '../tls.ts'

const TIMEOUT_MS = 60_000

/**
 * One association, from its request to its end. What came of the requests is for them to say: the library ends quietly where the peer accepts
 * no presentation context for one.
 * @param calling AE title of this gateway
 * @param prepare adds the requests
 * @param lingerMs how long the association is kept after the last response, for what the other side has to say
 * @throws FaultError where there is no association
 */
export function overAssociation(
  to: DimseDestination,
  calling: string,
  prepare: (client: dimse.Client) => void,
  lingerMs = 0,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const client = new dimse.Client()
    const fail = (code: string, reason: string) => {
      clearTimeout(timer)
      reject(new FaultError({ code, reason: `${to.aet}: ${reason}` }))
    }
    const timer = setTimeout(() => {
      fail('timeout', `no answer within ${TIMEOUT_MS / 1000} s`)
      try {
        client.abort()
      } catch {
        // it had not connected yet
      }
    }, TIMEOUT_MS)
    prepare(client)
    client.on('associationRejected', (reject: { reason?: number } | undefined) =>
      fail('association-rejected', `the association was rejected (reason ${reject?.reason ?? 'unknown'})`),
    )
    client.on('networkError', (error: Error) => fail('unreachable', error.message))
    client.on('closed', () => {
      clearTimeout(timer)
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
