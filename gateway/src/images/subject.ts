import { createHash } from 'node:crypto'
import type { Screened } from '@detl/core/answers/answer'
import type { Refused } from '@detl/core/answers/dicom/refusal-report'
import { scoresFromJson } from '@detl/core/answers/scores-from-json'
import type { Language } from '@detl/core/model/classes'
import type { Manifest } from '@detl/core/model/manifest'
import { type Header, readHeader } from '../dicom/header.ts'
import { FaultError } from '../queue/fault.ts'
import type { Item } from '../queue/rows.ts'
import { readAnswer } from '../screen/answer.ts'
import { takeInHere } from './take-in-here.ts'

/** What is told to a destination: scores, or why there are none. The patient's context is put back here, from the image's own header. */
export type Subject = {
  readonly item: Item
  readonly header: Header
  /** The same for the same answer: UIDs, message ids and identifiers are made of it. */
  readonly id: string
  readonly at: number
  readonly told: { readonly screened: Screened } | { readonly refused: Refused }
}

/** What a subject is made of. */
export type SubjectSource = {
  readonly item: Item
  readonly bytes: Uint8Array
  /** Of the model that answered. */
  readonly manifest: Manifest
  readonly language: Language
}

/** @throws FaultError where the image is no longer that of the row: it came again as somebody else's meanwhile */
export async function subjectOf({ item, bytes, manifest, language }: SubjectSource): Promise<Subject> {
  const header = await readHeader(bytes)
  if (header.identity.patient !== item.patient)
    throw new FaultError({
      code: 'identity-changed',
      reason: 'the image in the spool is of another patient',
      final: true,
    })
  const at = item.answered_at!
  if (item.state === 'refused') {
    const id = refusalId(item)
    const detail = item.reason ?? ''
    return { item, header, id, at, told: { refused: { id, at, manifest, bytes, detail, language } } }
  }
  const answer = readAnswer(item.answer!)
  const { scores, settings } = scoresFromJson(answer, manifest)
  const intake = await takeInHere(bytes, manifest)
  const references = {}
  const { id } = answer
  const screened: Screened = { id, at, manifest, bytes, intake, scores, settings, language, references }
  return { item, header, id, at, told: { screened } }
}

/** A UUID of version 8 (RFC 9562), made of the image: a refusal is no screening of the service's, and has no id of it. */
function refusalId({ sop_instance, revision }: Item): string {
  const hex = createHash('sha256').update(`refused\n${sop_instance}\n${revision}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-9${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
