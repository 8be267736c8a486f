import type { Answer } from '@detl/core/answers/answer'
import { toEncapsulatedPdf } from '@detl/core/answers/dicom/encapsulated-pdf'
import { toSecondaryCapture } from '@detl/core/answers/dicom/secondary-capture'
import { toSegmentation } from '@detl/core/answers/dicom/segmentation'
import { toStructuredReport } from '@detl/core/answers/dicom/structured-report'
import { toFhir, toFhirBundle } from '@detl/core/answers/fhir'
import { toJson } from '@detl/core/answers/json'
import { toPdf } from '@detl/core/answers/pdf/report'
import { toPng } from '@detl/core/answers/png'
import { z } from '@hono/zod-openapi'
import { Screening } from '../schemas.ts'

/** Addresses of other parts of the same answer. */
export type Beside = { readonly png?: string }

type Row = {
  readonly type: string
  /** Media type parameters that belong to it: a range of `Accept` that has one of them with another value means something else. */
  readonly parameters?: Readonly<Record<string, string>>
  /** Parameters that only we tell representations of one type apart by: it is chosen only where `Accept` names them all. */
  readonly asked?: Readonly<Record<string, string>>
  /** Of its body, for the OpenAPI document. */
  readonly schema: z.ZodType
  readonly render: (answer: Answer, beside: Beside) => Promise<Uint8Array<ArrayBuffer>>
}

const FHIR_R4 = { fhirVersion: '4.0' }
const binary = z.string().openapi({ format: 'binary' })
const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)) as Uint8Array<ArrayBuffer>

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
} as const satisfies Record<string, Row>

export type Representation = keyof typeof REPRESENTATIONS
export const REPRESENTATION_NAMES = Object.keys(REPRESENTATIONS) as Representation[]
/** The row of a representation, with the columns that not every row has. */
export const representationOf = (name: Representation): Row => REPRESENTATIONS[name]
