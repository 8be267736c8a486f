import type { DicomJson } from './dicom-json.ts'

/** Failure Reasons of the Store Transaction (PS3.18, annex I.2; PS3.4, annex B.2.3). */
export const FAILURE = {
  /** Refused for want of resources: what may pass by itself, or needs a person (credits). */
  outOfResources: 0xa700,
  /** The object is not what the request says: another study, or another image under the same UID. */
  mismatch: 0xa900,
  /** It cannot be read. */
  notUnderstood: 0xc000,
  /** It is read, and is no frontal chest X-ray that can be scored. A value of this software in the range Cxxx. */
  unsuitable: 0xc001,
  transferSyntax: 0xc122,
  processing: 0x0110,
  /** It is no image. */
  sopClass: 0x0122,
} as const

/** What became of one object. Its UIDs are empty where they could not be read. */
export type Stored = {
  readonly sopClass: string
  readonly sopInstance: string
  /** Absent where it was stored. */
  readonly failure?: number
  /** Further attributes of its item. */
  readonly more?: DicomJson
}

/**
 * The Store Instances Response Module (PS3.18, annex I.2) with its HTTP status (section 10.5.3): 200 where every object was stored, 202 where some
 * were, 409 where none was. An object whose UIDs could not be read stands in the Other Failures Sequence.
 * @param retrieveUrl of the study, where what was stored can be retrieved
 */
export function storeResponse(
  objects: readonly Stored[],
  retrieveUrl?: string,
): { readonly status: 200 | 202 | 409; readonly body: DicomJson } {
  const stored = objects.filter(({ failure }) => failure === undefined)
  const failed = objects.filter(({ failure }) => failure !== undefined)
  const sequences = {
    '00081198': failed.filter(({ sopInstance }) => sopInstance !== ''),
    '00081199': stored,
    '0008119A': failed.filter(({ sopInstance }) => sopInstance === ''),
  }
  const body: DicomJson = {
    ...(retrieveUrl !== undefined && { '00081190': { vr: 'UR', Value: [retrieveUrl] } }),
    ...Object.fromEntries(
      Object.entries(sequences)
        .filter(([, those]) => those.length > 0)
        .map(([tag, those]) => [tag, { vr: 'SQ', Value: those.map(item) }]),
    ),
  }
  return { status: failed.length === 0 ? 200 : stored.length > 0 ? 202 : 409, body }
}

const item = ({ sopClass, sopInstance, failure, more }: Stored): DicomJson => ({
  ...(sopInstance !== '' && {
    '00081150': { vr: 'UI', ...(sopClass !== '' && { Value: [sopClass] }) },
    '00081155': { vr: 'UI', Value: [sopInstance] },
  }),
  ...(failure !== undefined && { '00081197': { vr: 'US', Value: [failure] } }),
  ...more,
})
