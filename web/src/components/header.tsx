import type { ComponentChildren } from 'preact'
import { offers } from '../screening/offers.ts'
import { openAccount, openBatches, openKeyDialog } from '../state/dialogs.ts'
import { deviceOffered, modelProgress } from '../state/model.ts'
import { keptForOffline } from '../state/offline.ts'
import { type Place, settings, type Theme } from '../state/settings.ts'
import { percent } from '../text/percent.ts'
import { LANGUAGES, text } from '../text/text.ts'
import type { Language } from '../text/words.ts'
import { Icon } from './icon.tsx'

/** Name, where images are scored, key, colours, language. */
export function Header() {
  const t = text.value
  const hasKey = settings.key.value !== ''
  const themes: [Theme, string][] = [
    ['auto', t.settings.themeAuto],
    ['light', t.settings.themeLight],
    ['dark', t.settings.themeDark],
  ]
  return (
    <header class="top">
      <div class="brand">
        <img src="/icon.svg" width="36" height="36" alt="" />
        <div>
          <h1>{t.title}</h1>
          <p>{t.tagline}</p>
        </div>
      </div>
      <div class="top-controls">
        {deviceOffered && <PlaceChoice />}
        <button type="button" class="button quiet" onClick={openKeyDialog} data-set={hasKey}>
          <Icon name="key" />
          {hasKey ? t.key.set : t.key.add}
          {hasKey && <Icon name="check" />}
        </button>
        {hasKey && offers.value.paths.includes('/v1/account') && (
          <button type="button" class="button quiet" onClick={openAccount}>
            <Icon name="chart" />
            {t.account.open}
          </button>
        )}
        {hasKey && offers.value.paths.includes('/v1/batches') && (
          <button type="button" class="button quiet" onClick={openBatches}>
            <Icon name="stack" />
            {t.batches.open}
          </button>
        )}
        <Choice
          label={t.settings.theme}
          value={settings.theme.value}
          options={themes}
          sign={<Icon name="sun" />}
          compact="always"
          choose={(theme) => {
            settings.theme.value = theme
          }}
        />
        <Choice
          label={t.settings.language}
          value={settings.language.value}
          options={Object.entries(LANGUAGES).map(([code, { name }]) => [code as Language, name])}
          sign={<span aria-hidden="true">{settings.language.value.toUpperCase()}</span>}
          compact="phone"
          choose={(language) => {
            settings.language.value = language
          }}
        />
      </div>
    </header>
  )
}

function PlaceChoice() {
  const t = text.value.settings
  const places: [Place, string, string][] = [
    ['endpoint', t.endpoint, t.endpointHint],
    ['device', t.device, keptForOffline.value ? `${t.deviceHint} ${t.deviceKept}` : t.deviceHint],
  ]
  const progress = modelProgress.value
  return (
    <fieldset
      class="segments place"
      title={t.where}
      data-offline={keptForOffline.value ? 'ready' : undefined}
    >
      <legend class="hidden-words">{t.where}</legend>
      {places.map(([place, name, hint]) => (
        <label key={place} title={hint}>
          <input
            type="radio"
            name="place"
            checked={settings.place.value === place}
            onChange={() => {
              settings.place.value = place
            }}
          />
          <span>
            {name}
            {place === 'device' && progress !== undefined && ` ${percent(progress)}`}
          </span>
        </label>
      ))}
    </fieldset>
  )
}

type ChoiceProps<T extends string> = {
  label: string
  value: T
  options: [T, string][]
  /** Stands for the choice where there is no room for its name. */
  sign: ComponentChildren
  compact: 'always' | 'phone'
  choose(value: T): void
}

function Choice<T extends string>({ label, value, options, sign, compact, choose }: ChoiceProps<T>) {
  return (
    <label class="choice" title={label} data-compact={compact}>
      <span class="choice-sign">{sign}</span>
      <span class="hidden-words">{label}</span>
      <select value={value} onChange={(event) => choose(event.currentTarget.value as T)}>
        {options.map(([option, name]) => (
          <option key={option} value={option}>
            {name}
          </option>
        ))}
      </select>
    </label>
  )
}
