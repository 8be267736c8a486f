import { isDay } from '../../base/calendar.ts'
import { shownText } from '../../base/printable.ts'
import { parseDicom } from '../../image/dicom/parse.ts'
import type { ImageSource } from '../../image/image-source.ts'
import { DEFAULT_LIMITS } from '../../image/limits.ts'
import { once } from '../once.ts'
import type { Orientation } from '../picture/orientation.ts'
import { textDecoder } from './character-set.ts'
import { hasControls } from './readable-text.ts'
import type { SourceImage } from './source-image.ts'
import type { DataSet } from './writer.ts'

/**
 * Attributes that an answer takes over from its image: patient and study, and nothing of the series or image. A value that
 * breaks the rules of its VR is left out: the answer is a valid object even where the image is none.
 */
const TAKEN_OVER = {
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
  '00200010': 'SH', // Study ID
} as const

const shown = (text: string | undefined): string | undefined => text && shownText(text)

/** YYYYMMDD as ISO 8601 writes it. */
const hyphened = (date: string): string => `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`

/** What values may look like (PS3.5, table 6.2-1), beside that they hold no control characters; lengths in characters. */
const FORMATS = {
  AS: /^\d{3}[DWMY]$/,
  CS: /^[A-Z0-9 _]{0,16}$/,
  DA: { test: (text: string): boolean => text.length === 8 && isDay(hyphened(text)) },
  LO: /^[^\\]{0,64}$/s,
  PN: /^[^\\=]{0,64}(=[^\\=]{0,64}){0,2}$/s,
  SH: /^[^\\]{0,16}$/s,
  TM: /^([01]\d|2[0-3])([0-5]\d([0-5]\d(\.\d{1,6})?)?)?$/,
  UI: /^(?=.{1,64}$)\d+(\.\d+)*$/,
} as const
const SEXES = /^[MFO]?$/ // PS3.3, table C.7-1: enumerated
const OFFSET = /^[+-](0\d|1[0-4])[0-5]\d$/

/** Date and time of acquisition, of content, of the study: the first that is stated says when an image was taken. */
const TAKEN = [
  ['00080022', '00080032'],
  ['00080023', '00080033'],
  ['00080020', '00080030'],
] as const

/** What answers say of the examination, as the image's header has it. Values that break the rules of their VR are absent. */
export type Header = {
  /** Patient and study as elements of an answer, with their character set. */
  readonly takenOver: DataSet
  /** The header's character set is one that text cannot be added to: `takenOver` has its bytes as they are. */
  readonly unreadable: boolean
  readonly image: SourceImage | undefined
  readonly studyUid: string | undefined
  readonly seriesUid: string | undefined
  readonly patientId: string | undefined
  readonly patientIdIssuer: string | undefined
  /** As people read it: family name first. */
  readonly patientName: string | undefined
  readonly accession: string | undefined
  readonly modality: string | undefined
  /** Where the image's rows and its columns go to in the patient, such as L and F; where the header says it. */
  readonly orientation: Orientation | undefined
  readonly laterality: 'L' | 'R' | 'B' | undefined
  /** When the study was begun, and the image taken, as FHIR writes it: a day, or a time where the header states its time zone. */
  readonly studyStarted: string | undefined
  readonly taken: string | undefined
  /** The time of day that belongs to `taken` (TM), whether or not the header states its time zone. */
  readonly takenTime: string | undefined
}

/** An image and of which format it is. */
export type OfImage = {
  readonly bytes: Uint8Array
  readonly intake: { readonly source: Pick<ImageSource, 'format'> }
}

/** The header of the image that was screened, read once for all representations; undefined where it was no DICOM object. */
export const headerOf = once(async ({ bytes, intake }: OfImage): Promise<Header | undefined> => {
  if (intake.source.format !== 'dicom') return undefined
  const { dataSet } = await parseDicom(bytes, DEFAULT_LIMITS)
  const specific = dataSet.string('x00080005') ?? ''
  const decode = textDecoder(specific)
  const raw = (tag: string) => {
    const found = dataSet.elements[`x${tag}`]
    return found && dataSet.byteArray.slice(found.dataOffset, found.dataOffset + found.length)
  }
  const readable = (bytes: Uint8Array) => trimmed((decode ?? latin1)(bytes))
  const value = (tag: string, format: Pick<RegExp, 'test'>): string | undefined => {
    const found = raw(tag)
    const text = found && readable(found).trim()
    return text && format.test(text) && (!decode || !hasControls(text)) ? text : undefined
  }
  const takenOver = Object.entries(TAKEN_OVER).flatMap(([tag, vr]) => {
    const found = raw(tag)
    if (!found || !conforms(tag, vr, readable(found), decode !== undefined)) return []
    return [[tag, [vr, decode ? readable(found) : found]] as const]
  })
  const characters = raw('00080005')
  const offset = value('00080201', OFFSET)
  const uids = {
    study: value('0020000d', FORMATS.UI),
    series: value('0020000e', FORMATS.UI),
    sopClass: value('00080016', FORMATS.UI),
    sopInstance: value('00080018', FORMATS.UI),
  }
  const frames = dataSet.intString('x00280008') ?? 1
  const at = (date: string, time: string) =>
    fhirTime(value(date, FORMATS.DA), value(time, FORMATS.TM), offset)
  const when = TAKEN.find(([date]) => value(date, FORMATS.DA) !== undefined)
  return {
    takenOver: {
      ...Object.fromEntries(takenOver),
      ...(!decode && characters && ({ '00080005': ['CS', characters] } satisfies DataSet)),
    },
    unreadable: decode === undefined,
    image: Object.values(uids).every((uid) => uid !== undefined)
      ? { ...(uids as SourceImage), ...(frames > 1 && { frame: 1 }) }
      : undefined,
    studyUid: uids.study,
    seriesUid: uids.series,
    patientId: value('00100020', FORMATS.LO),
    patientIdIssuer: value('00100021', FORMATS.LO),
    patientName: shown(readName(value('00100010', FORMATS.PN))),
    accession: value('00080050', FORMATS.SH),
    modality: value('00080060', FORMATS.CS),
    orientation: value('00200020', /^[AFHLPR]{1,3}\\[AFHLPR]{1,3}$/)?.split('\\') as Header['orientation'],
    laterality: (value('00200062', /^[LRB]$/) ?? value('00200060', /^[LRB]$/)) as Header['laterality'],
    studyStarted: at('00080020', '00080030'),
    taken: when && at(when[0], when[1]),
    takenTime: when && value(when[1], FORMATS.TM),
  }
})

/** The first of up to three ways that a name is written in, its parts with spaces between them. */
const readName = (name: string | undefined): string | undefined =>
  name?.replace(/=.*/s, '').replaceAll('^', ' ').replace(/ +/g, ' ').trim() || undefined

/** What stands behind a value to fill it up; line ends are met with. */
const trimmed = (text: string) => text.replace(/[\0 \t\r\n]+$/, '')
const latin1 = (bytes: Uint8Array) => new TextDecoder('windows-1252').decode(bytes)

/** Bytes in a character set that is not decoded have escape characters, and are judged by their VR alone. */
const conforms = (tag: string, vr: keyof typeof FORMATS, text: string, decoded: boolean): boolean =>
  text === '' || ((tag === '00100040' ? SEXES : FORMATS[vr]).test(text) && !(decoded && hasControls(text)))

/** FHIR R4 dateTime: a time of day needs its zone, which few headers state; the day stands alone then. */
function fhirTime(
  date: string | undefined,
  time: string | undefined,
  offset: string | undefined,
): string | undefined {
  if (date === undefined) return undefined
  const day = hyphened(date)
  if (time === undefined || time.length < 6 || offset === undefined) return day
  return `${day}T${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4, 6)}${offset.slice(0, 3)}:${offset.slice(3)}`
}
