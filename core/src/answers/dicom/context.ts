import { parseDicom } from '../../image/dicom/parse.ts'
import { DEFAULT_LIMITS } from '../../image/limits.ts'
import type { Screened } from '../answer.ts'
import type { DataSet } from './writer.ts'

/**
 * Attributes that an answer takes over from its image, byte by byte: patient and study, and nothing of the series or image. A value that
 * breaks the rules of its VR is left out: the answer is a valid object even where the image is none.
 */
const TAKEN_OVER = {
  '00080005': 'CS', // Specific Character Set: what the text below is written in
  '00080020': 'DA', // Study Date
  '00080030': 'TM', // Study Time
  '00080050': 'SH', // Accession Number
  '00080090': 'PN', // Referring Physician's Name
  '00081030': 'LO', // Study Description
  '00100010': 'PN', // Patient's Name
  '00100020': 'LO', // Patient ID
  '00100021': 'LO', // Issuer of Patient ID
  '00100030': 'DA', // Patient's Birth Date
  '00100040': 'CS', // Patient's Sex
  '00101010': 'AS', // Patient's Age
  '0020000d': 'UI', // Study Instance UID
  '00200010': 'SH', // Study ID
} as const

/** What values may look like (PS3.5, table 6.2-1); lengths in characters. */
const FORMATS: Readonly<Record<(typeof TAKEN_OVER)[keyof typeof TAKEN_OVER], RegExp>> = {
  AS: /^\d{3}[DWMY]$/,
  CS: /^[A-Z0-9 _]{0,16}$/,
  DA: /^\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/,
  LO: /^[^\\]{0,64}$/s,
  PN: /^[^\\=]{0,64}(=[^\\=]{0,64}){0,2}$/s,
  SH: /^[^\\]{0,16}$/s,
  TM: /^([01]\d|2[0-3])([0-5]\d([0-5]\d(\.\d{1,6})?)?)?$/,
  UI: /^(?=.{1,64}$)\d+(\.\d+)*$/,
}
const SEXES = /^[MFO]?$/ // PS3.3, table C.7-1: enumerated

function conforms(tag: string, vr: keyof typeof FORMATS, raw: Uint8Array): boolean {
  const text = new TextDecoder().decode(raw).replace(/[\0 ]+$/, '')
  if (text === '') return true
  if (tag === '00080005') return text.split('\\').every((value) => /^[A-Z0-9 _]{0,16}$/.test(value))
  return tag === '00100040' ? SEXES.test(text) : FORMATS[vr].test(text)
}

/** Type 2 of the Patient and General Study modules: there, and empty if unknown (PS3.3, C.7.1.1 and C.7.2.1). */
const EMPTY: DataSet = {
  '00080020': ['DA', ''],
  '00080030': ['TM', ''],
  '00080050': ['SH', ''],
  '00080090': ['PN', ''],
  '00100010': ['PN', ''],
  '00100020': ['LO', ''],
  '00100030': ['DA', ''],
  '00100040': ['CS', ''],
  '00200010': ['SH', ''],
}

export type DicomContext = {
  /** Patient and study: the image's own, or a new study without a patient where the image is no DICOM object. */
  readonly study: DataSet
  /** The image that was screened, if it can be referred to. */
  readonly source:
    | {
        readonly study: string
        readonly series: string
        readonly sopClass: string
        readonly sopInstance: string
      }
    | undefined
  /** Of the answer, UTC: YYYYMMDD and HHMMSS. */
  readonly date: string
  readonly time: string
  /** A UID of this answer: the same role, the same UID, also in a repeat. */
  readonly uid: (role: string) => Promise<string>
}

export async function dicomContext({ id, at, bytes, intake }: Screened): Promise<DicomContext> {
  const uid = (role: string) => uidOf(`${id}:${role}`)
  const [date, time] = new Date(at).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').split('T') as [
    string,
    string,
  ]
  if (intake.source.format !== 'dicom') {
    const study: DataSet = {
      ...EMPTY,
      '0020000d': ['UI', await uid('study')],
      '00080020': ['DA', date],
      '00080030': ['TM', time],
    }
    return { study, source: undefined, date, time, uid }
  }
  const { dataSet } = await parseDicom(bytes, DEFAULT_LIMITS)
  const taken = Object.entries(TAKEN_OVER).flatMap(([tag, vr]) => {
    const found = dataSet.elements[`x${tag}`]
    if (!found) return []
    const raw = dataSet.byteArray.slice(found.dataOffset, found.dataOffset + found.length)
    return conforms(tag, vr, raw) ? [[tag, [vr, raw]] as const] : []
  })
  const study: DataSet = { ...EMPTY, ...Object.fromEntries(taken) }
  const text = (tag: string) => dataSet.string(tag)?.trim() || undefined
  const uidAt = (tag: string) => {
    const value = text(tag)
    return value !== undefined && FORMATS.UI.test(value) ? value : undefined
  }
  const source = {
    study: uidAt('x0020000d'),
    series: uidAt('x0020000e'),
    sopClass: uidAt('x00080016'),
    sopInstance: uidAt('x00080018'),
  }
  const whole = source.study && source.series && source.sopClass && source.sopInstance
  return {
    study: source.study ? study : { ...study, '0020000d': ['UI', await uid('study')] },
    source: whole ? (source as DicomContext['source']) : undefined,
    date,
    time,
    uid,
  }
}

/** SOP Instance Reference Macro (PS3.3, table 10-11). */
export const reference = ({ sopClass, sopInstance }: NonNullable<DicomContext['source']>): DataSet => ({
  '00081150': ['UI', sopClass],
  '00081155': ['UI', sopInstance],
})

/** 2.25.<UUID as a decimal number> (PS3.5, annex B.2), the UUID being of version 8 (RFC 9562): made from a digest. */
async function uidOf(name: string): Promise<string> {
  const digest = new Uint8Array(
    await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`detl:${name}`)),
  )
  const uuid = digest.subarray(0, 16)
  uuid[6] = (uuid[6]! & 0x0f) | 0x80
  uuid[8] = (uuid[8]! & 0x3f) | 0x80
  const hex = Array.from(uuid, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return `2.25.${BigInt(`0x${hex}`)}`
}
