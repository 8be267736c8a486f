import type { Result } from '../engine/types.ts'
import { shownLabel, view } from '../state/view.ts'
import { percent } from '../text/percent.ts'
import { text } from '../text/text.ts'
import { fullHeat, scaleStops } from '../viewer/heat.ts'

const STOPS = scaleStops().join(', ')

/** Heat map on or off, how strong, and what its colours mean. */
export function HeatControls({ result }: { result: Result }) {
  const t = text.value.result
  const label = shownLabel.value
  const full = fullHeat(result)
  const peak = label && full > 0 ? result.maps[label].max / full : 0
  return (
    <div class="heat">
      <label class="check">
        <input
          type="checkbox"
          checked={view.heat.value}
          onChange={(event) => {
            view.heat.value = event.currentTarget.checked
          }}
        />
        {t.showHeat}
      </label>
      <label class="slider">
        <span>{t.opacity}</span>
        <input
          type="range"
          min={0}
          max={1}
          step={0.05}
          value={view.opacity.value}
          disabled={!view.heat.value}
          aria-valuetext={percent(view.opacity.value)}
          onInput={(event) => {
            view.opacity.value = event.currentTarget.valueAsNumber
          }}
        />
        <output>{percent(view.opacity.value)}</output>
      </label>
      <div class="scale">
        <div
          class="scale-bar"
          role="img"
          aria-label={t.scale}
          style={{ background: `linear-gradient(90deg, ${STOPS})` }}
        >
          {peak > 0 && <span class="scale-peak" style={{ left: `${peak * 100}%` }} />}
        </div>
        <div class="scale-words">
          <span>{t.heatLow}</span>
          <span>{t.heatHigh}</span>
        </div>
        <p class="fine">{peak > 0 ? t.heatPeak(percent(peak)) : t.noEvidence}</p>
      </div>
    </div>
  )
}
