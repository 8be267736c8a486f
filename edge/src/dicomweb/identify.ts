import { parseDicom } from '@detl/core/image/dicom/parse'
import { encodingsOf } from '@detl/core/image/dicom/syntax'
import { isUid } from '@detl/core/image/dicom/uid-format'
import type { ImageLimits } from '@detl/core/image/limits'
import { sniff } from '@detl/core/image/sniff'

/** What an object says it is. */
export type Identity = {
  readonly sopClass: string
  readonly sopInstance: string
  readonly study: string
  readonly isImage: boolean
  /** Of its transfer syntax. */
  readonly isRead: boolean
}

/** @returns undefined for bytes that are no DICOM object, or one that does not say which it is */
export async function identify(bytes: Uint8Array, limits: ImageLimits): Promise<Identity | undefined> {
  if (sniff(bytes) !== 'dicom') return undefined
  const parsed = await parseDicom(bytes, limits).catch(() => undefined) // said of it below: it has no UIDs
  const uid = (tag: string) => {
    const value = parsed?.dataSet.string(tag)?.replace(/[\0 ]+$/, '')
    return value !== undefined && isUid(value) ? value : undefined
  }
  const [sopClass, sopInstance, study] = [uid('x00080016'), uid('x00080018'), uid('x0020000d')]
  if (!parsed || !sopClass || !sopInstance || !study) return undefined
  return {
    sopClass,
    sopInstance,
    study,
    isImage: parsed.dataSet.elements.x7fe00010 !== undefined,
    isRead: encodingsOf(parsed.transferSyntax).length > 0,
  }
}
