import type { Screened } from '@detl/core/answers/answer'
import { toEncapsulatedPdf } from '@detl/core/answers/dicom/encapsulated-pdf'
import { makeObjects } from '@detl/core/answers/dicom/make-objects'
import { toPresentationState } from '@detl/core/answers/dicom/presentation-state'
import { toRefusalReport } from '@detl/core/answers/dicom/refusal-report'
import { toSecondaryCapture } from '@detl/core/answers/dicom/secondary-capture'
import { toSegmentation } from '@detl/core/answers/dicom/segmentation'
import { toStructuredReport } from '@detl/core/answers/dicom/structured-report'
import type { DicomObjectKind } from '@detl/core/api/dicom-objects'
import { type Header, readHeader } from '../dicom/header.ts'
import type { Subject } from './subject.ts'

/** An object that goes into the image's study. */
export type DicomObject = Pick<Header['identity'], 'sop_class' | 'sop_instance'> & {
  /** A Part 10 file. */
  readonly file: Uint8Array<ArrayBuffer>
}

const MAKE: Readonly<Record<DicomObjectKind, (answer: Screened) => Promise<Uint8Array<ArrayBuffer>>>> = {
  sr: (answer) => toStructuredReport(answer),
  measurements: (answer) => toStructuredReport(answer, 'measurements'),
  sc: toSecondaryCapture,
  seg: toSegmentation,
  gsps: toPresentationState,
  pdf: toEncapsulatedPdf,
}

/** @param kinds of a screened image; of a refused one there is a short report alone */
export async function dicomObjects(
  { told }: Subject,
  kinds: readonly DicomObjectKind[],
): Promise<DicomObject[]> {
  const files =
    'refused' in told
      ? [await toRefusalReport(told.refused)]
      : await makeObjects(kinds, (kind) => MAKE[kind](told.screened))
  return Promise.all(
    files.map(async (file) => {
      const { sop_class, sop_instance } = (await readHeader(file)).identity
      return { sop_class, sop_instance, file }
    }),
  )
}
