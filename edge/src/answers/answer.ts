import type { Settings } from '@detl/core/api/account'
import type { Scores } from '@detl/core/api/screening'
import type { Intake } from '@detl/core/intake/intake'
import type { Manifest } from '@detl/core/model/manifest'
import type { Context } from 'hono'
import type { EdgeContext } from '../app.ts'
import { toSecondaryCapture } from './dicom/secondary-capture.ts'
import { toStructuredReport } from './dicom/structured-report.ts'
import { toFhir } from './fhir.ts'
import { toJson } from './json.ts'
import type { Representation, Wanted } from './negotiate.ts'
import { toPng } from './png.ts'

/** Everything a representation is made from; the same answer gives the same bytes. */
export type Answer = {
  readonly id: string
  /** When it was first given, in ms since the epoch. */
  readonly at: number
  readonly manifest: Manifest
  /** As it was sent: a DICOM answer joins the study of a DICOM image. */
  readonly bytes: Uint8Array
  readonly intake: Intake
  readonly scores: Scores
  readonly servedBy: 'gpu' | 'edge'
  readonly settings: Settings
  /** The caller's own FHIR references, passed through. */
  readonly references: { readonly subject?: string | undefined; readonly imagingStudy?: string | undefined }
}

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
