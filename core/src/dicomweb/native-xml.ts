import type { DicomJson, DicomJsonAttribute, DicomJsonValue } from './dicom-json.ts'

/** Keywords of what a store response has (PS3.6). */
const KEYWORDS: Readonly<Record<string, string>> = {
  '00081150': 'ReferencedSOPClassUID',
  '00081155': 'ReferencedSOPInstanceUID',
  '00081190': 'RetrieveURL',
  '00081197': 'FailureReason',
  '00081198': 'FailedSOPSequence',
  '00081199': 'ReferencedSOPSequence',
  '0008119A': 'OtherFailuresSequence',
}
const PRIVATE = /^...[13579BDF]/

/** A store response in the Native DICOM Model (PS3.19, annex A.1): `application/dicom+xml`. */
export const nativeXml = (json: DicomJson): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<NativeDicomModel xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM">${attributes(json)}</NativeDicomModel>\n`

function attributes(json: DicomJson): string {
  return Object.entries(json)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([tag, attribute]) => {
      const keyword = KEYWORDS[tag] ? ` keyword="${KEYWORDS[tag]}"` : ''
      const creator = PRIVATE.test(tag) && !tag.slice(4).startsWith('00') ? privateCreator(json, tag) : ''
      return `<DicomAttribute tag="${tag}" vr="${attribute.vr}"${keyword}${creator}>${values(attribute)}</DicomAttribute>`
    })
    .join('')
}

/** (gggg,xxee) belongs to who stands in (gggg,00xx) (PS3.5, section 7.8.1). */
function privateCreator(json: DicomJson, tag: string): string {
  const [creator] = json[`${tag.slice(0, 4)}00${tag.slice(4, 6)}`]?.Value ?? []
  return typeof creator === 'string' ? ` privateCreator="${escaped(creator)}"` : ''
}

const values = ({ vr, Value = [] }: DicomJsonAttribute): string =>
  Value.map((value, i) => {
    const number = `number="${i + 1}"`
    return vr === 'SQ'
      ? `<Item ${number}>${attributes(value as DicomJson)}</Item>`
      : `<Value ${number}>${escaped(String(value as Exclude<DicomJsonValue, object>))}</Value>`
  }).join('')

const escaped = (text: string): string =>
  text.replace(
    /[&<>"]/g,
    (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign] as string,
  )
