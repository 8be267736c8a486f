import { points, signedPercent, zoneIn } from '@detl/core/answers/comparison/told'
import { comparisonWordsOf } from '@detl/core/answers/comparison/words-of'
import { percent } from '@detl/core/answers/decision-text'
import type { Comparison, ComparisonStep } from '@detl/core/api/comparison'
import { ZONES } from '@detl/core/lungs/zones'
import { useSignal } from '@preact/signals'
import type { Item } from '../state/items.ts'
import { settings } from '../state/settings.ts'
import { text } from '../text/text.ts'
import { FilmPair } from './film-pair.tsx'

/** A comparison: the sentence first, the time line, two films that can be chosen, their zones, and what it is not. */
export function ComparisonView({
  comparison,
  films: sent,
}: {
  comparison: Comparison
  films: readonly Item[]
}) {
  const t = text.value.comparison
  const words = comparisonWordsOf(settings.language.value)
  const { overall, steps, remarks, notice } = comparison
  const films = comparison.films.map(({ position }) => sent[position]!)
  const shown = useSignal<ComparisonStep>(overall)
  const pairs = steps.length > 1 ? [overall, ...steps] : [overall]
  const step = shown.value
  return (
    <div class="comparison">
      <p class="comparison-headline" data-trend={overall.trend} role="status">
        {overall.headline}
      </p>
      <TimeLine comparison={comparison} films={films} />
      {pairs.length > 1 && (
        <select
          aria-label={t.pair}
          value={pairs.indexOf(step)}
          onChange={(event) => {
            shown.value = pairs[Number(event.currentTarget.value)]!
          }}
        >
          {pairs.map((pair, i) => (
            <option key={`${pair.from}-${pair.to}`} value={i}>
              {t.step(pair.from + 1, pair.to + 1)}
              {i === 0 && ` (${t.whole})`}
            </option>
          ))}
        </select>
      )}
      {step !== overall && <p>{step.headline}</p>}
      <FilmPair step={step} earlier={films[step.from]!} later={films[step.to]!} words={t} />
      {step.changes && <ZoneTable changes={step.changes} />}
      <ul class="fine">
        {[...step.remarks, ...remarks].map(({ code }) => (
          <li key={code}>{words.remark[code]}</li>
        ))}
      </ul>
      <p class="fine">{notice}</p>
    </div>
  )
}

/** Each film with its score, and between two of them what changed. */
function TimeLine({ comparison, films }: { comparison: Comparison; films: readonly Item[] }) {
  const language = settings.language.value
  const words = comparisonWordsOf(language)
  return (
    <ol class="time-line" aria-label={text.value.comparison.timeLine}>
      {comparison.films.map(({ screening, taken, severity }, i) => {
        const step = comparison.steps[i - 1]
        return (
          <li key={screening}>
            {step && (
              <span class="time-step" data-trend={step.trend}>
                {step.changes && `${signedPercent(step.changes.extent.both.change.value, language)} · `}
                {words.trendInAWord[step.trend]}
                {step.days !== undefined && ` · ${words.days(step.days)}`}
              </span>
            )}
            <b>{words.film(i + 1, taken)}</b>
            <bdi class="fine">{films[i]!.name}</bdi>
            <span>{severity.assessable ? `${points(severity.score.value, language)} / 18` : '–'}</span>
          </li>
        )
      })}
    </ol>
  )
}

function ZoneTable({ changes }: { changes: NonNullable<ComparisonStep['changes']> }) {
  const language = settings.language.value
  const words = comparisonWordsOf(language)
  const { columns } = words
  return (
    <div class="zone-table">
      <table>
        <thead>
          <tr>
            {[columns.zone, columns.from, columns.to, columns.change, columns.trend].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {ZONES.map((zone) => {
            const { from, to, change, trend } = changes.zones[zone]
            return (
              <tr key={zone} data-trend={trend}>
                <th scope="row">{zoneIn(zone, language)}</th>
                <td>{percent(from, language)}</td>
                <td>{percent(to, language)}</td>
                <td>
                  {signedPercent(change.value, language)}{' '}
                  <span class="fine">
                    ({words.range(signedPercent(change.low, language), signedPercent(change.high, language))})
                  </span>
                </td>
                <td>{words.trendInAWord[trend]}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
