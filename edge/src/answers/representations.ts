import type { Answer } from '@detl/core/answers/answer'
import { toEncapsulatedPdf } from '@detl/core/answers/dicom/encapsulated-pdf'
import { toPresentationState } from '@detl/core/answers/dicom/presentation-state'
import { toSecondaryCapture } from '@detl/core/answers/dicom/secondary-capture'
import { toSegmentation } from '@detl/core/answers/dicom/segmentation'
import { toStructuredReport } from '@detl/core/answers/dicom/structured-report'
import { toFhir, toFhirBundle } from '@detl/core/answers/fhir'
import { toJson } from '@detl/core/answers/json'
import { toPdf } from '@detl/core/answers/pdf/report'
import { toPng } from '@detl/core/answers/png'
import { z } from '@hono/zod-openapi'
import { Screening } from '../schemas.ts'
import type { Offer, Offered } from './negotiate.ts'

/** Addresses of other parts of the same answer. */
export type Beside = { readonly png?: string }

/** A representation of something that is answered. */
export type Row<A> = Offered & {
  /** Of its body, for the OpenAPI document. */
  readonly schema: z.ZodType
  readonly render: (answer: A, beside: Beside) => Promise<Uint8Array<ArrayBuffer>>
}

export const FHIR_R4 = { fhirVersion: '4.0' }
export const binary = z.string().openapi({ format: 'binary' })
export const text = (value: unknown) =>
  new TextEncoder().encode(JSON.stringify(value)) as Uint8Array<ArrayBuffer>

/**
 * What a screening can be answered as, in order of preference where `Accept` has none. To add one is to write its renderer in core and
 * a row here: negotiation, the OpenAPI document and multipart answers read the rows.
 */
export const REPRESENTATIONS = {
  json: {
    type: 'application/json',
    schema: Screening,
    render: async (answer) => text(toJson(answer)),
  },
  fhir: {
    type: 'application/fhir+json',
    parameters: FHIR_R4,
    schema: z.object({ resourceType: z.enum(['DiagnosticReport', 'Bundle']) }).loose(),
    render: async (answer, { png }) => text(await toFhir(answer, png === undefined ? 'none' : { url: png })),
  },
  dicom: { type: 'application/dicom', schema: binary, render: toSecondaryCapture },
  sr: {
    type: 'application/dicom',
    asked: { object: 'sr' },
    schema: binary,
    render: (answer) => toStructuredReport(answer),
  },
  /** As IHE AI Results files it; OHIF shows the other one. */
  srMeasurements: {
    type: 'application/dicom',
    asked: { object: 'measurements' },
    schema: binary,
    render: (answer) => toStructuredReport(answer, 'measurements'),
  },
  png: { type: 'image/png', schema: binary, render: toPng },
  pdf: { type: 'application/pdf', schema: binary, render: toPdf },
  dicomPdf: {
    type: 'application/dicom',
    asked: { object: 'pdf' },
    schema: binary,
    render: toEncapsulatedPdf,
  },
  /** Where the heat map is hot, as an overlay on the image itself; of DICOM images alone. */
  dicomSeg: {
    type: 'application/dicom',
    asked: { object: 'seg' },
    schema: binary,
    render: toSegmentation,
  },
  /** How to show the image itself: upright, with the decision and the line around what is hot; of grey DICOM images alone. */
  dicomGsps: {
    type: 'application/dicom',
    asked: { object: 'gsps' },
    schema: binary,
    render: toPresentationState,
  },
  /** The report with the heat map inside, for who cannot take it another way: about a megabyte. */
  fhirInline: {
    type: 'application/fhir+json',
    parameters: FHIR_R4,
    asked: { image: 'inline' },
    schema: z.object({ resourceType: z.literal('DiagnosticReport') }).loose(),
    render: async (answer) => text(await toFhir(answer, 'inline')),
  },
  /** The report and the heat map as a Binary, in a transaction. */
  fhirBundle: {
    type: 'application/fhir+json',
    parameters: FHIR_R4,
    asked: { image: 'binary' },
    schema: z.object({ resourceType: z.literal('Bundle') }).loose(),
    render: async (answer) => text(await toFhirBundle(answer)),
  },
} as const satisfies Record<string, Row<Answer>>

export type Representation = keyof typeof REPRESENTATIONS
export const SCREENING_OFFER: Offer<Representation> = {
  rows: REPRESENTATIONS,
  together: { plain: ['json', 'dicom', 'sr'], dicom: ['dicom', 'sr'] },
}

/** Bodies by media type, for the OpenAPI document: of those that share one, the first is what comes without a parameter that asks for another. */
export function contentsOf(rows: Readonly<Record<string, Row<never>>>) {
  const byType: Record<string, { schema: z.ZodType }> = {}
  for (const { type, schema } of Object.values(rows)) byType[type] ??= { schema }
  return byType
}
