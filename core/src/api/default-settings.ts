import type { Settings } from './account.ts'

/** Of an account that chose nothing. Apart from the schemas: who only screens loads none. */
export const DEFAULT_SETTINGS: Settings = { operatingPoint: 'balanced', prevalence: {} }
