import type { Compared } from './compared.ts'
import type { ComparisonFormat } from './files.ts'
import { comparisonFhir } from './fhir.ts'
import { comparisonPng } from './picture.ts'
import { comparisonReport } from './structured-report.ts'

/**
 * A comparison as the bytes of a file.
 * @param compared of films that were screened now: picture and report are made from them
 * @example const bytes = await COMPARISON_RENDERERS.sr(compared)
 */
export const COMPARISON_RENDERERS: Readonly<
  Record<ComparisonFormat, (compared: Compared) => Promise<Uint8Array<ArrayBuffer>>>
> = {
  png: comparisonPng,
  fhir: async (compared) => new TextEncoder().encode(JSON.stringify(await comparisonFhir(compared))),
  sr: comparisonReport,
}
