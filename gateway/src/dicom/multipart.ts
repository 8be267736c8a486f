import { AppError } from '@detl/core/api/problem'
import { joinBytes } from '@detl/core/base/join-bytes'

export type Part = { readonly type: string; readonly body: Uint8Array }

const utf8 = (text: string) => new TextEncoder().encode(text)

/** multipart/related (RFC 2387) of DICOM objects, as STOW-RS takes them (PS3.18, section 10.5). */
export function writeRelated(bodies: readonly Uint8Array[]): { type: string; body: Uint8Array<ArrayBuffer> } {
  const boundary = `detl-${crypto.randomUUID()}`
  const pieces = bodies.flatMap((body) => [
    utf8(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`),
    body,
    utf8('\r\n'),
  ])
  const type = `multipart/related; type="application/dicom"; boundary=${boundary}`
  return { type, body: joinBytes([...pieces, utf8(`--${boundary}--\r\n`)]) }
}

/**
 * The parts of a multipart body (RFC 2046, section 5.1.1), as views into it.
 * @param type value of Content-Type, with its boundary
 * @throws AppError request-invalid
 */
export function readRelated(type: string, body: Uint8Array): Part[] {
  const match = /;\s*boundary=(?:"([^"]{1,200})"|([^;\s"]{1,200}))/i.exec(type)
  const boundary = match?.[1] ?? match?.[2]
  if (boundary === undefined) throw new AppError('request-invalid', 'the multipart body has no boundary')
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const parts: Part[] = []
  let at = bytes.indexOf(`--${boundary}`)
  if (at < 0) throw new AppError('request-invalid', 'the multipart body does not begin with its boundary')
  for (;;) {
    at += boundary.length + 2
    if (bytes.subarray(at, at + 2).toString('latin1') === '--') return parts
    const lineEnd = bytes.indexOf('\n', at)
    const end = bytes.indexOf(`\r\n--${boundary}`, Math.max(lineEnd - 1, at))
    if (lineEnd < 0 || end < 0) throw new AppError('request-invalid', 'the multipart body is cut off')
    parts.push(readPart(bytes.subarray(lineEnd + 1, Math.max(end, lineEnd + 1))))
    at = end + 2
  }
}

function readPart(bytes: Buffer): Part {
  // Headers may be absent: then the part begins with the empty line.
  const bare = bytes.subarray(0, 2).toString('latin1') === '\r\n'
  const end = bare ? 0 : bytes.indexOf('\r\n\r\n')
  if (end < 0) throw new AppError('request-invalid', 'a part of the multipart body has no end of headers')
  const headers = bytes.subarray(0, end).toString('latin1')
  const type = /^content-type:\s*([^\r\n]*)/im.exec(headers)?.[1]?.trim() ?? ''
  const body = bytes.subarray(end + (bare ? 2 : 4))
  return { type, body: new Uint8Array(body.buffer, body.byteOffset, body.length) }
}
