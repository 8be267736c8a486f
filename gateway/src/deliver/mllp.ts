import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Hl7Destination } from '../config.ts'
import { FaultError, STOPPED } from '../queue/fault.ts'
import { tlsOptions, whyUnreachable } from '../tls.ts'

/** Minimal Lower Layer Protocol, release 1: <VT> message <FS><CR>. */
const VT = 0x0b
const FS = 0x1c
const TIMEOUT_MS = 30_000
const MAX_ANSWER = 2 ** 16

/** Acknowledgement codes (HL7 table 0008). AE is a fault of the receiver's at the moment, AR of the message. */
const ACCEPTED = new Set(['AA', 'CA'])
const REJECTED = new Set(['AR', 'CR'])

/**
 * Sends one message over a connection of its own and waits for its acknowledgement: the one whose MSA-2 is the message's own MSH-10.
 * @param ending what is under way ends with it
 * @throws FaultError unless the receiver accepted it
 */
export function sendHl7(
  to: Hl7Destination,
  message: string,
  controlId: string,
  ending: AbortSignal,
): Promise<void> {
  ending.throwIfAborted()
  return new Promise((resolve, reject) => {
    const socket: Socket = to.tls
      ? connectTls({
          host: to.host,
          port: to.port,
          ...(isIP(to.host) === 0 && { servername: to.host }), // an address is no server name (RFC 6066, section 3)
          ...tlsOptions(to.tls),
        })
      : connectPlain(to.port, to.host)
    const end = (fault?: FaultError['fault']) => {
      clearTimeout(timer)
      ending.removeEventListener('abort', stopped)
      socket.destroy()
      if (fault) reject(new FaultError({ ...fault, reason: `${to.host}:${to.port}: ${fault.reason}` }))
      else resolve()
    }
    const timer = setTimeout(
      () => end({ code: 'timeout', reason: `no acknowledgement within ${TIMEOUT_MS / 1000} s` }),
      TIMEOUT_MS,
    )
    const stopped = () => end(STOPPED)
    ending.addEventListener('abort', stopped)
    let received = Buffer.alloc(0)
    socket.once(to.tls ? 'secureConnect' : 'connect', () => {
      socket.write(Buffer.concat([Buffer.of(VT), Buffer.from(message, 'utf8'), Buffer.of(FS, 0x0d)]))
    })
    socket.on('data', (piece: Buffer) => {
      received = Buffer.concat([received, piece])
      for (let stop = received.indexOf(FS); stop >= 0; stop = received.indexOf(FS)) {
        // What stands outside of a frame is none of ours: a line's noise, the end of another answer.
        const start = received.lastIndexOf(VT, stop)
        const text = start < 0 ? undefined : received.subarray(start + 1, stop).toString('utf8')
        received = received.subarray(stop + 1)
        if (text === undefined) continue
        const acknowledged = readAck(text, controlId)
        if (acknowledged === 'of-another') continue
        end(acknowledged)
        return
      }
      if (received.length > MAX_ANSWER) end({ code: 'hl7-answer-invalid', reason: 'the answer does not end' })
    })
    socket.once('error', (error: NodeJS.ErrnoException) =>
      end({ code: 'unreachable', reason: whyUnreachable(error) }),
    )
    socket.once('close', () =>
      end({ code: 'hl7-no-answer', reason: 'the connection ended without an acknowledgement' }),
    )
  })
}

/** @returns undefined if accepted; what is wrong; or `of-another` where it acknowledges another message */
function readAck(text: string, controlId: string): FaultError['fault'] | 'of-another' | undefined {
  const segments = text.split(/[\r\n]+/)
  const separator = segments[0]?.startsWith('MSH') ? segments[0][3]! : '|'
  const msa = segments.find((one) => one.startsWith(`MSA${separator}`))?.split(separator)
  if (!msa) return { code: 'hl7-answer-invalid', reason: 'the answer has no MSA segment' }
  const [, code = '', of = '', said = ''] = msa
  if (of.trim() !== controlId) return 'of-another'
  if (ACCEPTED.has(code)) return undefined
  const rejected = REJECTED.has(code)
  // What they say may quote the message, and with it the patient: only what can be nothing but a code is kept.
  const error = segments
    .find((one) => one.startsWith(`ERR${separator}`))
    ?.split(separator)[3]
    ?.split('^')[0]
  const known = /^\d{1,6}$/.test(error ?? '') // HL7 table 0357
  const detail = known ? `, error ${error}` : error || said ? ', with a text' : ''
  return {
    code: rejected ? 'hl7-rejected' : 'hl7-error',
    reason: `acknowledged with ${/^[A-Z]{2}$/.test(code) ? code : 'what is no code of HL7 table 0008'}${detail}`,
    final: rejected,
  }
}
