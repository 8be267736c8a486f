import { LABELS, type Label } from '@detl/core/model/labels'
import type { Result } from '../engine/types.ts'
import { shownLabel, view } from '../state/view.ts'
import { type Item, retry, selected } from '../state/work-list.ts'
import { percent } from '../text/percent.ts'
import { text } from '../text/text.ts'
import { fullHeat } from '../viewer/heat.ts'
import { Exports } from './exports.tsx'
import { HeatControls } from './heat-controls.tsx'
import { Icon } from './icon.tsx'
import { KeyForm } from './key-dialog.tsx'
import { ProblemCard } from './problem-card.tsx'

/** Below this, the highest of four scores says little: one in four would be no information at all. */
const UNDECIDED = 0.5

/** The selected image's scores, or what stands in their way. */
export function ResultPanel() {
  const t = text.value
  const item = selected.value
  return (
    <section class="result" id="result" tabIndex={-1} aria-labelledby="result-heading">
      <h2 id="result-heading" class="hidden-words">
        {t.result.heading}
      </h2>
      {item && <Body item={item} />}
    </section>
  )
}

function Body({ item }: { item: Item }) {
  const t = text.value
  if (item.result) return <Scored item={item} result={item.result} />
  if (item.problem) return <ProblemCard problem={item.problem} retry={() => retry(item.id)} />
  if (item.status === 'needs-key') {
    return (
      <div class="card">
        <h3>{t.key.needed}</h3>
        <p>{t.key.lead}</p>
        <KeyForm />
      </div>
    )
  }
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

function Scored({ item, result }: { item: Item; result: Result }) {
  const t = text.value
  const best = result.probabilities[result.label]
  const name = t.labels[result.label].name
  return (
    <>
      <div class="card headline">
        <p class="eyebrow">{t.result.highest}</p>
        <p class="headline-label">
          {name} <span>{percent(best)}</span>
        </p>
        <p>{best < UNDECIDED ? t.result.unclear : t.result.lead(name, percent(best))}</p>
      </div>
      {result.warnings.length > 0 && <Warnings result={result} />}
      <div class="card">
        <fieldset class="scores">
          <legend>{t.result.scores}</legend>
          <p class="fine">{t.result.hint}</p>
          {LABELS.map((label) => (
            <Score key={label} label={label} result={result} />
          ))}
        </fieldset>
        {!result.decision && <p class="fine">{t.result.noThreshold}</p>}
        <HeatControls result={result} />
      </div>
      <Exports item={item} result={result} />
      <Details item={item} result={result} />
    </>
  )
}

type ScoreProps = { label: Label; result: Result }

function Score({ label, result }: ScoreProps) {
  const t = text.value
  const share = result.probabilities[label]
  const decided = result.decision?.classes.find((one) => one.class === label)
  const { name, explained } = t.labels[label]
  const full = fullHeat(result)
  return (
    <label class="score" data-best={label === result.label}>
      <input
        type="radio"
        name="class"
        checked={shownLabel.value === label}
        onChange={() => {
          view.label.value = label
          view.heat.value = true
        }}
      />
      <span class="score-name">{name}</span>
      <span class="score-value">{percent(share)}</span>
      <span class="bar" aria-hidden="true">
        <span class="bar-fill" style={{ width: `${share * 100}%` }} />
        {decided && <span class="bar-mark" style={{ left: `${decided.threshold * 100}%` }} />}
      </span>
      <span class="score-words">
        {explained}
        {full > 0 && result.maps[label].max === 0 && `. ${t.result.noEvidence}`}
      </span>
      {decided && (
        <span class="score-verdict" data-above={decided.positive}>
          {(decided.positive ? t.result.above : t.result.below)(percent(decided.threshold))}
        </span>
      )}
      {decided?.sensitivity && decided.specificity && shownLabel.value === label && (
        <span class="score-words">
          {t.result.measured(percent(decided.sensitivity.value), percent(decided.specificity.value))}
        </span>
      )}
    </label>
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

function Details({ item, result }: { item: Item; result: Result }) {
  const t = text.value.result
  const rows: [string, string][] = [
    [t.servedBy, t.servers[result.servedBy]],
    [t.model, `${result.model.name} ${result.model.version} · ${result.model.preprocess}`],
    [t.image, `${result.image.width} × ${result.image.height} · ${result.image.format.toUpperCase()}`],
    [t.time, `${Math.round(item.ms ?? 0)} ms`],
    [t.requestId, result.id],
  ]
  return (
    <details class="card details">
      <summary>{t.details}</summary>
      <dl>
        {rows.map(([term, value]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </details>
  )
}
