import { AppError } from '../api/problem.ts'
import { joinBytes } from '../base/join-bytes.ts'

export type Part = { readonly type: string; readonly body: Uint8Array }

const CR = 13
const LF = 10
const DASH = 45

const utf8 = (text: string) => new TextEncoder().encode(text)
const latin1 = (bytes: Uint8Array) => new TextDecoder('windows-1252').decode(bytes)

/**
 * multipart/related (RFC 2387) of parts of one type, piece by piece, as DICOMweb sends and takes them (PS3.18, section 8.6.1.2).
 * @param partType of each part, with parameters such as its transfer syntax
 * @returns the body's type, what stands before each part, and what ends the body
 */
export function relatedFrame(partType: string): {
  readonly type: string
  readonly before: Uint8Array<ArrayBuffer>
  readonly end: Uint8Array<ArrayBuffer>
} {
  const boundary = `detl-${crypto.randomUUID()}`
  const [root] = partType.split(';')
  return {
    type: `multipart/related; type="${root}"; boundary=${boundary}`,
    before: utf8(`\r\n--${boundary}\r\nContent-Type: ${partType}\r\n\r\n`),
    end: utf8(`\r\n--${boundary}--\r\n`),
  }
}

/**
 * The same as one body.
 * @example writeRelated([file]) // as STOW-RS takes it
 */
export function writeRelated(
  bodies: readonly Uint8Array[],
  partType = 'application/dicom',
): { type: string; body: Uint8Array<ArrayBuffer> } {
  const { type, before, end } = relatedFrame(partType)
  return { type, body: joinBytes([...bodies.flatMap((body) => [before, body]), end]) }
}

/**
 * The parts of a multipart body (RFC 2046, section 5.1.1), as views into it: nothing is copied.
 * @param type value of Content-Type, with its boundary
 * @param maxParts more are refused
 * @throws AppError request-invalid
 */
export function readRelated(type: string, body: Uint8Array, maxParts = 1000): Part[] {
  const match = /;\s*boundary=(?:"([^"]{1,200})"|([^;\s"]{1,200}))/i.exec(type)
  const boundary = match?.[1] ?? match?.[2]
  if (boundary === undefined) throw new AppError('request-invalid', 'the multipart body has no boundary')
  const delimiter = utf8(`--${boundary}`)
  const between = utf8(`\r\n--${boundary}`)
  const parts: Part[] = []
  // The first one stands at the very beginning, or on a line of its own behind a preamble.
  const atOnce = delimiter.every((byte, i) => body[i] === byte)
  const line = atOnce ? 0 : find(body, between, 0)
  if (line < 0) throw new AppError('request-invalid', 'the multipart body does not begin with its boundary')
  let at = atOnce ? 0 : line + 2
  for (;;) {
    at += delimiter.length
    if (body[at] === DASH && body[at + 1] === DASH) return parts
    const lineEnd = body.indexOf(LF, at)
    const end = find(body, between, Math.max(lineEnd - 1, at))
    if (lineEnd < 0 || end < 0) throw new AppError('request-invalid', 'the multipart body is cut off')
    if (parts.length === maxParts)
      throw new AppError('request-invalid', `the multipart body has more than ${maxParts} parts`)
    parts.push(readPart(body.subarray(lineEnd + 1, Math.max(end, lineEnd + 1))))
    at = end + 2
  }
}

/**
 * Where `wanted` begins in `bytes` at or after `from`; −1 where it does not. In linear time whatever the bytes, which a stranger chooses: what
 * begins with a byte that it has only once is not looked at again where it matched in part.
 */
function find(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  const [first] = wanted
  const once = wanted.lastIndexOf(first!) === 0
  for (let at = from; at >= 0 && at + wanted.length <= bytes.length; ) {
    let same = 0
    while (same < wanted.length && bytes[at + same] === wanted[same]) same++
    if (same === wanted.length) return at
    if (same === 0) at = bytes.indexOf(first!, at + 1)
    else at += once ? same : 1
  }
  return -1
}

function readPart(bytes: Uint8Array): Part {
  // Headers may be absent: then the part begins with the empty line.
  const bare = bytes[0] === CR && bytes[1] === LF
  const end = bare ? 0 : find(bytes, utf8('\r\n\r\n'), 0)
  if (end < 0) throw new AppError('request-invalid', 'a part of the multipart body has no end of headers')
  const headers = latin1(bytes.subarray(0, end))
  const type = /^content-type:\s*([^\r\n]*)/im.exec(headers)?.[1]?.trim() ?? ''
  return { type, body: bytes.subarray(end + (bare ? 2 : 4)) }
}
