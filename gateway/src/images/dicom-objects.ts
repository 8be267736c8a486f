import { toRefusalReport } from '@detl/core/answers/dicom/refusal-report'
import { toSecondaryCapture } from '@detl/core/answers/dicom/secondary-capture'
import { toStructuredReport } from '@detl/core/answers/dicom/structured-report'
import { type Header, readHeader } from '../dicom/header.ts'
import type { Subject } from './subject.ts'

/** An object that goes into the image's study. */
export type DicomObject = Pick<Header['identity'], 'sop_class' | 'sop_instance'> & {
  /** A Part 10 file. */
  readonly file: Uint8Array<ArrayBuffer>
}

/** @param kinds `sr` the report, `sc` the heat map; of a refused image there is a short report alone */
export async function dicomObjects(
  { told }: Subject,
  kinds: readonly ('sr' | 'sc')[],
): Promise<DicomObject[]> {
  const files =
    'refused' in told
      ? [await toRefusalReport(told.refused)]
      : await Promise.all(
          kinds.map((kind) => (kind === 'sr' ? toStructuredReport : toSecondaryCapture)(told.screened)),
        )
  return Promise.all(
    files.map(async (file) => {
      const { sop_class, sop_instance } = (await readHeader(file)).identity
      return { sop_class, sop_instance, file }
    }),
  )
}
