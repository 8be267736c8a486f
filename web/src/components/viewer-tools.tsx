import type { Picture } from '../engine/types.ts'
import { MAX_ZOOM, resetZoom, setWindow, view, zoomAt } from '../state/view.ts'
import { text } from '../text/text.ts'
import { Icon, type IconName } from './icon.tsx'

/** Zoom, what dragging does, and the window, in the grey levels of the file. */
export function ViewerTools({ picture }: { picture: Picture }) {
  const t = text.value.viewer
  const { low, high } = view.window.value
  const zoom = view.zoom.value
  const unit = (2 ** picture.bits - 1) / 65535
  return (
    <div class="tools">
      <fieldset class="segments">
        <legend class="hidden-words">{t.tools}</legend>
        <Tool tool="pan" icon="hand" label={t.pan} />
        <Tool tool="window" icon="contrast" label={t.contrast} />
      </fieldset>
      <div class="zoom">
        <IconButton icon="minus" label={t.zoomOut} disabled={zoom <= 1} press={() => zoomAt(0.8)} />
        <output>{Math.round(zoom * 100)} %</output>
        <IconButton icon="plus" label={t.zoomIn} disabled={zoom >= MAX_ZOOM} press={() => zoomAt(1.25)} />
        <IconButton icon="fit" label={t.fit} press={resetZoom} />
      </div>
      <div class="window">
        <Slider
          label={t.level}
          value={(low + high) / 2}
          min={0}
          unit={unit}
          change={(level) => setWindow(level, high - low)}
        />
        <Slider
          label={t.width}
          value={high - low}
          min={256}
          unit={unit}
          change={(width) => setWindow((low + high) / 2, width)}
        />
        <div class="window-presets">
          <button
            type="button"
            class="link"
            onClick={() => {
              view.window.value = picture.window
            }}
          >
            {t.reset}
          </button>
          <button
            type="button"
            class="link"
            onClick={() => {
              view.window.value = { low: 0, high: 65535 }
            }}
          >
            {t.fullRange}
          </button>
        </div>
      </div>
    </div>
  )
}

function Tool({ tool, icon, label }: { tool: 'pan' | 'window'; icon: IconName; label: string }) {
  return (
    <label>
      <input
        type="radio"
        name="tool"
        checked={view.tool.value === tool}
        onChange={() => {
          view.tool.value = tool
        }}
      />
      <span>
        <Icon name={icon} />
        {label}
      </span>
    </label>
  )
}

type IconButtonProps = { icon: IconName; label: string; disabled?: boolean; press(): void }

const IconButton = ({ icon, label, disabled = false, press }: IconButtonProps) => (
  <button
    type="button"
    class="icon-button"
    aria-label={label}
    title={label}
    disabled={disabled}
    onClick={press}
  >
    <Icon name={icon} />
  </button>
)

type SliderProps = { label: string; value: number; min: number; unit: number; change(value: number): void }

/** `value` on the 16-bit scale; spoken and shown in the file's own grey levels. */
function Slider({ label, value, min, unit, change }: SliderProps) {
  const shown = String(Math.round(value * unit))
  return (
    <label class="slider">
      <span>{label}</span>
      <input
        type="range"
        min={min}
        max={65535}
        step={128}
        value={value}
        aria-valuetext={shown}
        onInput={(event) => change(event.currentTarget.valueAsNumber)}
      />
      <output>{shown}</output>
    </label>
  )
}
