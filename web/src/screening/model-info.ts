import { effect } from '@preact/signals'
import { deviceModel } from '../state/model.ts'
import { modelInfo } from '../state/model-info.ts'
import { settings } from '../state/settings.ts'
import { describeModel } from './endpoint.ts'

/** Keeps `modelInfo` to the place that scores. Without an answer the page works on, with no thresholds to mark. */
export function startModelInfo(): void {
  effect(() => {
    const place = settings.place.value
    const found = place === 'device' ? deviceModel() : describeModel()
    found.then(
      (info) => {
        if (settings.place.peek() === place) modelInfo.value = info
      },
      (error: unknown) => console.warn(`no model is known for scoring by: ${place}`, error),
    )
  })
}
