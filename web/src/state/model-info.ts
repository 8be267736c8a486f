import { signal } from '@preact/signals'
import type { ModelInfo } from '../engine/types.ts'

/** The model that scores, once it is known: its thresholds and its preprocessing. */
export const modelInfo = signal<ModelInfo | undefined>(undefined)
