import { AppError } from '@detl/core/api/problem'
import type { DicomJson, DicomJsonValue } from '@detl/core/dicomweb/dicom-json'
import { checkUid } from './check-uid.ts'

/** Attributes that a search is answered with, at each level (PS3.18, tables 10.6.3-3 to 10.6.3-5), and by which it may be asked. */
export const ATTRIBUTES = {
  study: {
    '00080005': 'SpecificCharacterSet',
    '00080020': 'StudyDate',
    '00080030': 'StudyTime',
    '00080050': 'AccessionNumber',
    '00080061': 'ModalitiesInStudy',
    '00080090': 'ReferringPhysicianName',
    '00081030': 'StudyDescription',
    '00100010': 'PatientName',
    '00100020': 'PatientID',
    '00100030': 'PatientBirthDate',
    '00100040': 'PatientSex',
    '0020000D': 'StudyInstanceUID',
    '00200010': 'StudyID',
  },
  series: {
    '00080060': 'Modality',
    '0008103E': 'SeriesDescription',
    '0020000E': 'SeriesInstanceUID',
    '00200011': 'SeriesNumber',
  },
  instance: {
    '00080016': 'SOPClassUID',
    '00080018': 'SOPInstanceUID',
    '00200013': 'InstanceNumber',
    '00280010': 'Rows',
    '00280011': 'Columns',
    '00280100': 'BitsAllocated',
    '00280008': 'NumberOfFrames',
  },
} as const satisfies Record<string, Record<string, string>>

const TAGS: ReadonlyMap<string, string> = new Map(
  Object.values(ATTRIBUTES).flatMap((level) =>
    Object.entries(level).map(([tag, name]) => [name, tag] as const),
  ),
)
const KNOWN_TAGS = new Set(TAGS.values())
const RANGED = new Set(['00080020', '00080030', '00100030'])
const UIDS = new Set(['0020000D', '0020000E', '00080016', '00080018'])

/** What a search asks for (PS3.18, section 8.3.4). */
export type Query = {
  /** Tag → accepted values; one of them must fit. */
  readonly matches: ReadonlyMap<string, readonly string[]>
  readonly limit: number
  readonly offset: number
  /** What was asked and is not done, for the header `Warning`. */
  readonly passedOver: readonly string[]
}

const MOST = 1000

/** @throws AppError request-invalid */
export function readQuery(parameters: Readonly<Record<string, string[]>>): Query {
  const matches = new Map<string, string[]>()
  const passedOver: string[] = []
  const count = (name: string, otherwise: number) => {
    const [text] = parameters[name] ?? []
    if (text === undefined) return otherwise
    if (!/^\d{1,9}$/.test(text)) throw new AppError('request-invalid', `${name} is a whole number`)
    return Number(text)
  }
  for (const [name, values] of Object.entries(parameters)) {
    if (name === 'limit' || name === 'offset' || name === 'includefield') continue
    const tag = TAGS.get(name) ?? (KNOWN_TAGS.has(name.toUpperCase()) ? name.toUpperCase() : undefined)
    if (tag === undefined) {
      if (name !== 'fuzzymatching' || values.some((value) => value !== 'false')) passedOver.push(name)
      continue
    }
    const wanted = values.flatMap((value) => (UIDS.has(tag) ? value.split(/[,\\]/) : [value]))
    const stated = wanted.filter((value) => value !== '' && value !== '*')
    if (UIDS.has(tag)) for (const value of stated) checkUid(name, value)
    if (stated.length > 0) matches.set(tag, wanted)
  }
  return {
    matches,
    limit: Math.min(MOST, count('limit', MOST)),
    offset: count('offset', 0),
    passedOver: passedOver.map((name) => name.replace(/[^A-Za-z0-9.]/g, '').slice(0, 40)),
  }
}

/** Whether an object has one of the wanted values in each attribute that is asked for. */
export const fits = (json: DicomJson, { matches }: Query): boolean =>
  [...matches].every(([tag, wanted]) => {
    const values = (json[tag]?.Value ?? []).map(textOf)
    return wanted.some((one) => values.some((value) => matchesOne(tag, one, value)))
  })

const textOf = (value: DicomJsonValue): string =>
  typeof value === 'object' ? String((value as { Alphabetic?: string }).Alphabetic ?? '') : String(value)

/** Single value, range or wild card matching (PS3.4, section C.2.2.2); names without regard to case. */
function matchesOne(tag: string, wanted: string, value: string): boolean {
  if (RANGED.has(tag) && wanted.includes('-')) {
    const [from = '', to = ''] = wanted.split('-')
    return value !== '' && (from === '' || value >= from) && (to === '' || value.slice(0, to.length) <= to)
  }
  if (UIDS.has(tag)) return wanted === value
  const pattern = wanted
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${pattern}$`, tag === '00100010' ? 'is' : 's').test(value)
}
