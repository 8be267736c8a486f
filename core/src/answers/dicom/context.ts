import { toAscii } from './character-set.ts'
import { type Header, headerOf, type OfImage } from './source-header.ts'
import type { SourceImage } from './source-image.ts'
import { uidOf } from './uid.ts'
import { type DataSet, type Value, writePart10 } from './writer.ts'

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
  readonly source: SourceImage | undefined
  readonly header: Header | undefined
  /** Of the answer, UTC: YYYYMMDD and HHMMSS. */
  readonly date: string
  readonly time: string
  /** A UID of this answer: the same role, the same UID, also in a repeat. */
  readonly uid: (role: string) => Promise<string>
  /** The answer as a file, in the character set of `study`. */
  readonly write: (sopClass: string, sopInstance: string, dataSet: DataSet) => Uint8Array<ArrayBuffer>
}

/** @param answer what is answered: scores, or that there are none */
export async function dicomContext(
  answer: OfImage & { readonly id: string; readonly at: number },
): Promise<DicomContext> {
  const { id, at } = answer
  const uid = (role: string) => uidOf(`${id}:${role}`)
  const [date, time] = new Date(at).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').split('T') as [
    string,
    string,
  ]
  const header = await headerOf(answer)
  const unknown = header ? {} : ({ '00080020': ['DA', date], '00080030': ['TM', time] } satisfies DataSet)
  const study: DataSet = {
    ...EMPTY,
    ...unknown,
    '0020000d': ['UI', header?.studyUid ?? (await uid('study'))],
    '00080005': ['CS', 'ISO_IR 192'],
    ...header?.takenOver,
  }
  const write: DicomContext['write'] = (sopClass, sopInstance, dataSet) => {
    const own = header?.unreadable ? inAscii(dataSet) : dataSet
    return writePart10(sopClass, sopInstance, { ...own, ...study })
  }
  return { study, source: header?.image, header, date, time, uid, write }
}

/** All text of a data set that is ours, where the image's character set is one that we cannot write. */
const inAscii = (dataSet: DataSet): DataSet =>
  Object.fromEntries(Object.entries(dataSet).map(([tag, [vr, value]]) => [tag, [vr, asciiValue(value)]]))

function asciiValue(value: Value): Value {
  if (typeof value === 'string') return toAscii(value)
  return 'items' in value ? { items: value.items.map(inAscii) } : value
}
