import type { Compared } from '@detl/core/answers/comparison/compared'
import { comparisonFhir } from '@detl/core/answers/comparison/fhir'
import { comparisonJson } from '@detl/core/answers/comparison/json'
import { comparisonPng } from '@detl/core/answers/comparison/picture'
import { comparisonReport } from '@detl/core/answers/comparison/structured-report'
import { z } from '@hono/zod-openapi'
import { Comparison } from '../schemas.ts'
import type { Offer } from './negotiate.ts'
import { binary, FHIR_R4, type Row, text } from './representations.ts'

/** What a comparison can be answered as, in order of preference where `Accept` has none. */
export const COMPARISON_REPRESENTATIONS = {
  json: {
    type: 'application/json',
    schema: Comparison,
    render: async (compared) => text(comparisonJson(compared)),
  },
  fhir: {
    type: 'application/fhir+json',
    parameters: FHIR_R4,
    schema: z.object({ resourceType: z.literal('Observation') }).loose(),
    render: async (compared) => text(await comparisonFhir(compared)),
  },
  sr: { type: 'application/dicom', schema: binary, render: comparisonReport },
  png: { type: 'image/png', schema: binary, render: comparisonPng },
} as const satisfies Record<string, Row<Compared>>

export type ComparisonRepresentation = keyof typeof COMPARISON_REPRESENTATIONS
export const COMPARISON_OFFER: Offer<ComparisonRepresentation> = {
  rows: COMPARISON_REPRESENTATIONS,
  together: { plain: ['json', 'sr', 'png'], dicom: ['sr'] },
}

/** Representations that are made from the films, not from their answers. */
export const FROM_FILMS: ReadonlySet<ComparisonRepresentation> = new Set(['sr', 'png'])
