import type { Result } from '../engine/types.ts'
import { type Item, selected } from '../state/items.ts'
import { deviceOffered } from '../state/model.ts'
import { settings } from '../state/settings.ts'
import { shownLabel, view } from '../state/view.ts'
import { remove, retry } from '../state/work-list.ts'
import { text } from '../text/text.ts'
import { told } from '../text/told.ts'
import { Details, PrintFacts } from './details.tsx'
import { Exports } from './exports.tsx'
import { Headline } from './headline.tsx'
import { HeatControls } from './heat-controls.tsx'
import { Icon } from './icon.tsx'
import { KeyForm } from './key-form.tsx'
import { ProblemCard } from './problem-card.tsx'
import { Score } from './score.tsx'
import { SeverityCard } from './severity.tsx'

/** The selected image's scores, or what stands in their way. */
export function ResultPanel() {
  const t = text.value
  const item = selected.value
  const result = item?.result
  return (
    <div class="result">
      <section class="verdict" id="result" tabIndex={-1} aria-labelledby="result-heading">
        <h2 id="result-heading" class="hidden-words">
          {t.result.heading}
        </h2>
        {item && result && (
          <PrintFacts
            item={item}
            result={result}
            heatOf={heatOf(result)}
            examination={view.picture.value?.examination}
          />
        )}
        {item && <Verdict item={item} />}
      </section>
      {item && result && <Evidence item={item} result={result} />}
    </div>
  )
}

/** What is to be read first, on a phone above the image: the decision, or what stands in its way. */
function Verdict({ item }: { item: Item }) {
  const t = text.value
  if (item.result) return <Headline result={item.result} />
  if (item.problem) {
    return <ProblemCard problem={item.problem} retry={() => retry(item.id)} remove={() => remove(item.id)} />
  }
  if (item.status === 'needs-key') return <NeedsKey />
  return (
    <div class="card pending">
      <span class="spinner" />
      {item.status === 'scoring'
        ? t.list.scoring
        : item.status === 'reading'
          ? t.list.reading
          : t.list.waiting}{' '}
      …
    </div>
  )
}

/** A key for the endpoint, or none for this device. */
function NeedsKey() {
  const t = text.value
  return (
    <div class="card">
      <h3>{t.key.needed}</h3>
      <p>{t.key.lead}</p>
      <KeyForm />
      {deviceOffered && (
        <div class="or">
          <p class="fine">{t.settings.deviceHint}</p>
          <button
            type="button"
            class="button"
            onClick={() => {
              settings.place.value = 'device' // frees what waits for a key
            }}
          >
            <Icon name="device" />
            {t.list.scoreHere}
          </button>
        </div>
      )}
    </div>
  )
}

/** The class whose map is on the image, where one is. */
function heatOf(result: Result): string | undefined {
  const shown = view.heat.value ? shownLabel.value : undefined
  return told(result).classes.find((one) => one.class === shown)?.name
}

/** What the decision rests on: remarks on the image, each class's score, the heat map; then what can be saved. */
function Evidence({ item, result }: { item: Item; result: Result }) {
  const t = text.value
  return (
    <div class="evidence">
      {result.warnings.length > 0 && <Warnings result={result} />}
      <div class="card">
        <fieldset class="scores">
          <legend>{t.result.scores}</legend>
          <p class="fine">{t.result.hint}</p>
          {result.classes.map(({ id }) => (
            <Score key={id} label={id} result={result} />
          ))}
        </fieldset>
        <p class="fine">
          {result.decision.operatingPoint
            ? t.result.points[result.decision.operatingPoint]
            : t.result.noThreshold}
        </p>
        <HeatControls result={result} />
      </div>
      {result.severity && <SeverityCard severity={result.severity} drawn={result.outlines !== undefined} />}
      <Exports item={item} result={result} />
      <Details item={item} result={result} />
    </div>
  )
}

function Warnings({ result }: { result: Result }) {
  const t = text.value
  return (
    <div class="card caution">
      <h3>
        <Icon name="warning" />
        {t.result.warnings}
      </h3>
      <ul>
        {result.warnings.map(({ code, detail }) => (
          <li key={code}>{t.warnings[code] ?? detail}</li>
        ))}
      </ul>
    </div>
  )
}
