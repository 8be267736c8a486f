import { signal } from '@preact/signals'
import type { ModelInfo } from '../engine/types.ts'
import { describeModel } from '../screening/endpoint.ts'

/** The model that scores, once it is known: its thresholds and its preprocessing. */
export const modelInfo = signal<ModelInfo | undefined>(undefined)

/** Asks the endpoint; without an answer the page works on, with no thresholds to mark. */
export async function startModelInfo(): Promise<void> {
  try {
    modelInfo.value = await describeModel()
  } catch (error) {
    console.warn('the endpoint does not say which model scores', error)
  }
}
