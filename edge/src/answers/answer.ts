import type { Answer } from '@detl/core/answers/answer'
import { toSecondaryCapture } from '@detl/core/answers/dicom/secondary-capture'
import { toStructuredReport } from '@detl/core/answers/dicom/structured-report'
import { toFhir } from '@detl/core/answers/fhir'
import { toJson } from '@detl/core/answers/json'
import { toPng } from '@detl/core/answers/png'
import type { Context } from 'hono'
import type { EdgeContext } from '../app.ts'
import type { Representation, Wanted } from './negotiate.ts'

type Rendered = { readonly type: string; readonly body: Uint8Array<ArrayBuffer> }

const RENDERERS: Readonly<Record<Representation, (answer: Answer) => Promise<Rendered>>> = {
  json: async (answer) => text('application/json', toJson(answer)),
  fhir: async (answer) => text('application/fhir+json; fhirVersion=4.0', await toFhir(answer)),
  dicom: async (answer) => ({ type: 'application/dicom', body: await toSecondaryCapture(answer) }),
  sr: async (answer) => ({ type: 'application/dicom', body: await toStructuredReport(answer) }),
  png: async (answer) => ({ type: 'image/png', body: await toPng(answer) }),
}

/** One resource, several representations (RFC 9110, section 12.5.1). */
export async function answer(c: Context<EdgeContext>, wanted: Wanted, result: Answer): Promise<Response> {
  const parts: Rendered[] = []
  for (const part of wanted.parts) parts.push(await RENDERERS[part](result))
  const whole = wanted.multipart ? related(parts, result.id) : parts[0]!
  c.header('Vary', 'Accept')
  return c.body(whole.body, 200, { 'content-type': whole.type })
}

const utf8 = (value: string) => new TextEncoder().encode(value) as Uint8Array<ArrayBuffer>
const text = (type: string, value: unknown): Rendered => ({ type, body: utf8(JSON.stringify(value)) })

/** multipart/related (RFC 2387); the boundary is made of the screening's id, so it occurs in no part by chance. */
function related(parts: readonly Rendered[], id: string): Rendered {
  const boundary = `detl-${id}-part`
  const pieces = parts.flatMap(({ type, body }, i) => [
    utf8(`--${boundary}\r\nContent-Type: ${type}\r\nContent-ID: <${id}.${i}@detl>\r\n\r\n`),
    body,
    utf8('\r\n'),
  ])
  pieces.push(utf8(`--${boundary}--\r\n`))
  const body = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    body.set(piece, at)
    at += piece.length
  }
  const root = parts[0]!.type.split(';')[0]
  return { type: `multipart/related; boundary="${boundary}"; type="${root}"`, body }
}
