/** What a comparison is saved as, and how its file is called. */
export const COMPARISON_FILES = {
  png: 'comparison.png',
  fhir: 'comparison.fhir.json',
  sr: 'comparison.sr.dcm',
} as const
export type ComparisonFormat = keyof typeof COMPARISON_FILES
