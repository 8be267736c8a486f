import { createHash } from 'node:crypto'
import { hasControls, readableText } from '@detl/core/answers/dicom/readable-text'
import { AppError } from '@detl/core/api/problem'
import type { ExaminationTags } from '@detl/core/image/dicom/examination-tags'
import { parseDicom } from '@detl/core/image/dicom/parse'
import { readTags } from '@detl/core/image/dicom/tags'
import { isUid } from '@detl/core/image/dicom/uid-format'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import type { Identity } from '../queue/rows.ts'

/** What goes into messages about a patient; empty where the object does not say. */
export type PatientContext = {
  readonly patientId: string
  readonly issuer: string
  /** Components family, given, middle, prefix, suffix, parted by ^ (PS3.5, section 6.2.1). */
  readonly name: string
  /** YYYYMMDD */
  readonly birthDate: string
  /** M, F or O. */
  readonly sex: string
  readonly accession: string
  /** YYYYMMDD and HHMMSS */
  readonly studyDate: string
  readonly studyTime: string
  readonly referrer: string
}

export type Header = {
  readonly identity: Identity
  readonly examination: ExaminationTags
  readonly patient: PatientContext
}

/**
 * What the gateway must know of an object, from its header.
 * @throws AppError image-undecodable, image-unsupported, image-too-large; also where the object does not say which it is
 */
export async function readHeader(bytes: Uint8Array): Promise<Header> {
  const { dataSet } = await parseDicom(bytes, DEFAULT_LIMITS)
  const raw = (tag: string): Uint8Array => {
    const element = dataSet.elements[tag]
    return element
      ? dataSet.byteArray.subarray(element.dataOffset, element.dataOffset + element.length)
      : new Uint8Array()
  }
  const decode = readableText(dataSet.string('x00080005') ?? '')
  const text = (tag: string) =>
    decode(raw(tag))
      .replace(/[\0 ]+$/, '')
      .trim()
  const uid = (tag: string, name: string) => {
    const value = text(tag)
    if (!isUid(value)) throw new AppError('image-undecodable', `the object has no ${name}`)
    return value
  }
  /** Whose the image is: told as it is or not at all, since an identifier that lost a character is somebody else's. */
  const identifier = (tag: string) => (hasControls(text(tag)) ? '' : text(tag))
  const patient: PatientContext = {
    patientId: identifier('x00100020'),
    issuer: identifier('x00100021'),
    name: text('x00100010').split('=')[0]!,
    birthDate: matching(/^\d{8}$/, text('x00100030')),
    sex: matching(/^[MFO]$/, text('x00100040')),
    accession: identifier('x00080050'),
    studyDate: matching(/^\d{8}$/, text('x00080020')),
    studyTime: matching(/^\d{6}/, text('x00080030')).slice(0, 6),
    referrer: text('x00080090').split('=')[0]!,
  }
  const study = uid('x0020000d', 'Study Instance UID')
  const identity: Identity = {
    sop_class: uid('x00080016', 'SOP Class UID'),
    sop_instance: uid('x00080018', 'SOP Instance UID'),
    study,
    series: uid('x0020000e', 'Series Instance UID'),
    patient: createHash('sha256')
      .update([text('x00100020'), text('x00100021'), study].join('\\'))
      .digest('hex'),
  }
  return { identity, examination: readTags(dataSet), patient }
}

const matching = (pattern: RegExp, value: string) => (pattern.test(value) ? value : '')
