import type { Screened } from '@detl/core/answers/answer'
import { severityIn } from '@detl/core/answers/lung-findings'
import { toPdf } from '@detl/core/answers/pdf/report'
import { toPng } from '@detl/core/answers/png'
import { tellSeverity } from '@detl/core/answers/severity-text'
import { toldOf } from '@detl/core/answers/told'
import { wordsOf } from '@detl/core/answers/words/words-of'
import type { Ranged } from '@detl/core/lungs/severity'
import { classesOf, classNameIn } from '@detl/core/model/classes'
import type { Hl7Destination } from '../config.ts'
import type { PatientContext } from '../dicom/header.ts'
import type { Subject } from './subject.ts'

/** The delimiters of HL7 v2 as escape sequences (HL7 v2.5.1, section 2.7); line ends would end the segment. */
const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\E\\',
  '|': '\\F\\',
  '^': '\\S\\',
  '&': '\\T\\',
  '~': '\\R\\',
  '\r\n': '\\.br\\',
  '\r': '\\.br\\',
  '\n': '\\.br\\',
}

/**
 * A value inside a field. Control characters have no place in one, and are left out.
 * @example escapeHl7('A|B') // 'A\\F\\B'
 */
export const escapeHl7 = (text: string): string =>
  text
    .replaceAll(/\r\n|[\\|^&~\r\n]/g, (found) => ESCAPES[found]!)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for: MLLP frames with them
    .replaceAll(/[\x00-\x08\x0b\x0c\x0e-\x1f]/g, '')

/** A field of components, each escaped; empty ones at the end are left out. */
const field = (...components: readonly string[]) => components.map(escapeHl7).join('^').replace(/\^+$/, '')

/** YYYYMMDDHHMMSS+0000 (DTM). */
const dateTime = (at: number) => `${new Date(at).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}+0000`

/** DICOM has the prefix before the suffix, HL7 behind it (XPN, HL7 v2.5.1, section 2.A.89). */
function personName(name: string): string {
  const [family = '', given = '', middle = '', prefix = '', suffix = ''] = name.split('^')
  return field(family, given, middle, suffix, prefix)
}

/** OBX segments of an answer. */
type Observation = {
  type: 'NM' | 'SN' | 'TX' | 'ED'
  code: string
  value: string
  units?: string
  flag?: string
  status: 'P' | 'X'
}

/** The message's own identifier (MSH-10, at most 20 characters): the same for the same answer and destination, so that a repeat is known as one. */
export const controlId = (subject: Subject): string => subject.id.replaceAll('-', '').slice(0, 20)

/**
 * An unsolicited result: ORU^R01 of HL7 v2.5.1 (section 7.3.1), preliminary, one OBX a class, the sentence that decides, and the overlay as
 * encapsulated data. Of a refused image: that there is no result (OBR-25 and OBX-11 X) and why.
 * @returns segments, each ended by CR
 */
export async function toOru(subject: Subject, to: Hl7Destination): Promise<string> {
  const { header, at, told } = subject
  const { patient, identity } = header
  const id = controlId(subject)
  const observations = await observationsOf(subject, to)
  const segments = [
    messageHeader(to, at, id),
    segment('PID', {
      1: '1',
      3: field(patient.patientId, '', '', patient.issuer, patient.patientId ? 'MR' : ''),
      5: personName(patient.name),
      7: patient.birthDate,
      8: patient.sex || 'U',
    }),
    segment('OBR', {
      1: '1',
      3: field(id, to.sender), // the filler's: an archive does not know the placer's
      4: '30745-4^XR Chest Views^LN',
      7: examined(patient, at),
      16: referrer(patient),
      18: field(patient.accession),
      19: field(identity.study),
      22: dateTime(at),
      24: 'RAD',
      25: 'refused' in told ? 'X' : 'P',
    }),
    ...observations.map(({ type, code, value, units = '', flag = '', status }, i) =>
      segment('OBX', {
        1: String(i + 1),
        2: type,
        3: code,
        4: '1',
        5: value,
        6: units,
        8: flag,
        11: status,
        14: dateTime(at),
      }),
    ),
  ]
  return segments.join('')
}

/** MSH-1 is the separator itself, so that its fields count from 2. */
function messageHeader(to: Hl7Destination, at: number, id: string): string {
  const fields = {
    2: field(to.sender),
    3: field(to.senderFacility),
    4: field(to.receiver),
    5: field(to.receiverFacility),
    6: dateTime(at),
    8: 'ORU^R01^ORU_R01',
    9: id,
    10: 'P',
    11: '2.5.1',
    17: 'UNICODE UTF-8',
  }
  return segment('MSH', { 1: '^~\\&', ...fields })
}

/** @param fields by their numbers, written already */
function segment(name: string, fields: Readonly<Record<number, string>>): string {
  const last = Math.max(...Object.keys(fields).map(Number))
  const all = Array.from({ length: last }, (_, i) => fields[i + 1] ?? '')
  return `${[name, ...all].join('|').replace(/\|+$/, '')}\r`
}

/** When the X-ray was taken, as far as the object says it, in its own time zone. */
const examined = ({ studyDate, studyTime }: PatientContext, at: number) =>
  studyDate ? studyDate + studyTime : dateTime(at)

/** Ordering provider (XCN): a name without a number. */
const referrer = ({ referrer: name }: PatientContext) => (name ? `^${personName(name)}` : '')

async function observationsOf({ told, header }: Subject, to: Hl7Destination): Promise<Observation[]> {
  const image: Observation = {
    type: 'TX',
    code: '113014^Study^DCM',
    value: escapeHl7(`${header.identity.study} ${header.identity.sop_instance}`),
    status: 'P',
  }
  if ('refused' in told) {
    const text = wordsOf(told.refused.language).refused.because(told.refused.detail)
    return [
      { type: 'TX', code: '18748-4^Diagnostic imaging report^LN', value: escapeHl7(text), status: 'X' },
      { ...image, status: 'X' },
    ]
  }
  const { screened } = told
  const { manifest, scores, language } = screened
  const { decision, told: said } = toldOf(screened)
  const words = wordsOf(language)
  const rows = classesOf(manifest).map((info): Observation => {
    const held = decision.classes.find((one) => one.class === info.id)
    const value = scores.probabilities[info.id as keyof typeof scores.probabilities]
    return {
      type: 'NM',
      code: field(info.id, words.probabilityOf(classNameIn(info, language)), '99DETL'),
      value: value.toFixed(4),
      units: '1^^UCUM',
      // HL7 table 0078: POS and NEG; nothing where there is no threshold, or no decision is made.
      flag: decision.abstained || held === undefined ? '' : held.positive ? 'POS' : 'NEG',
      status: 'P',
    }
  })
  return [
    {
      type: 'TX',
      code: '18748-4^Diagnostic imaging report^LN',
      value: escapeHl7(`${said.headline}. ${words.disclaimer}`),
      status: 'P',
    },
    ...rows,
    ...severityRows(screened),
    image,
    ...(to.image === 'none' ? [] : [await encapsulated(to.image, screened)]),
  ]
}

/**
 * How much of the lungs is opaque: the sentence, then the score and each lung, each with its range as a structured numeric (SN, HL7 v2.5.1, section 2.A.72).
 * The zones are in the other forms of the answer.
 */
function severityRows(screened: Screened): Observation[] {
  const severity = severityIn(screened)
  if (!severity) return []
  const { line, caution } = tellSeverity(severity, screened.language)
  const { severity: words } = wordsOf(screened.language)
  const text: Observation = {
    type: 'TX',
    code: field('opacity', words.title, '99DETL'),
    value: escapeHl7(`${line}. ${caution}`),
    status: 'P',
  }
  if (!severity.assessable) return [text]
  const { score, extent } = severity
  const numbers = (
    code: string,
    name: string,
    { value, low, high }: Ranged,
    units: string,
  ): Observation[] => [
    { type: 'NM', code: field(code, name, '99DETL'), value: String(value), units, status: 'P' },
    {
      type: 'SN',
      code: field(`${code}-range`, words.range(name), '99DETL'),
      value: `^${low}^-^${high}`,
      units,
      status: 'P',
    },
  ]
  return [
    text,
    ...numbers('opacity-score', words.scoreOf, score, '{score}^^UCUM'),
    ...(['right', 'left'] as const).flatMap((side) =>
      numbers(`opacity-${side}`, `${words[side]}: ${words.extentOf}`, extent[side], '1^^UCUM'),
    ),
  ]
}

/** Encapsulated data (ED, HL7 v2.5.1, section 2.A.24; its types are those of table 0191): base64 has no delimiter in it. */
async function encapsulated(kind: 'png' | 'pdf', screened: Screened): Promise<Observation> {
  const [bytes, type, code] =
    kind === 'png'
      ? [await toPng(screened), 'IM^PNG', '99DETL-OVERLAY^Heat map over the X-ray^99DETL']
      : [await toPdf(screened), 'AP^PDF', '99DETL-REPORT^Report on paper^99DETL']
  const data = Buffer.from(bytes).toString('base64')
  return { type: 'ED', code, value: `DETL^${type}^Base64^${data}`, status: 'P' }
}
