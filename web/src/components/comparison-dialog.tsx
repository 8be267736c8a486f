import { comparisonWordsOf } from '@detl/core/answers/comparison/words-of'
import type { Comparison } from '@detl/core/api/comparison'
import { MOST_FILMS } from '@detl/core/comparison/request'
import { useSignal } from '@preact/signals'
import { PageError, type Problem } from '../engine/types.ts'
import { type Asked, compareFilms } from '../screening/compare.ts'
import { dialogs } from '../state/dialogs.ts'
import { type Item, items, selected } from '../state/items.ts'
import { settings } from '../state/settings.ts'
import { text } from '../text/text.ts'
import { ComparisonExports } from './comparison-exports.tsx'
import { ComparisonView } from './comparison-view.tsx'
import { Dialog } from './dialog.tsx'

/** Films of the work list, compared: whether less or more of the lungs is opaque. */
export function ComparisonDialog() {
  const t = text.value.comparison
  return (
    <Dialog open={dialogs.comparison} id="comparison" heading={t.heading} lead={t.lead} wide>
      <Comparing />
    </Dialog>
  )
}

type Compared = { readonly comparison: Comparison; readonly asked: Asked }

function Comparing() {
  const compared = useSignal<Compared | undefined>(undefined)
  const problem = useSignal<Problem | undefined>(undefined)
  const busy = useSignal(false)
  const start = async (films: readonly Item[], allowDifferent: boolean) => {
    busy.value = true
    problem.value = undefined
    try {
      const asked = { films, allowDifferent }
      compared.value = { comparison: await compareFilms(asked), asked }
    } catch (error) {
      if (!(error instanceof PageError)) console.error(error)
      problem.value =
        error instanceof PageError ? error.problem : { code: 'device-failed', detail: String(error) }
    } finally {
      busy.value = false
    }
  }
  const t = text.value
  const wrong = problem.value
  const shown = compared.value
  return (
    <>
      {wrong && (
        <p class="wrong" role="alert">
          {t.problems[wrong.code]?.title ?? wrong.title}
          {wrong.detail && `: ${wrong.detail}`}
        </p>
      )}
      {shown ? (
        <>
          <ComparisonView comparison={shown.comparison} films={shown.asked.films} />
          <ComparisonExports id={shown.comparison.id} asked={shown.asked} />
          <button
            type="button"
            class="button"
            onClick={() => {
              compared.value = undefined
            }}
          >
            {t.comparison.again}
          </button>
        </>
      ) : (
        <Choice busy={busy.value} differ={wrong?.code === 'patients-differ'} start={start} />
      )}
    </>
  )
}

/** Which films, in the order of the list; `differ`: the headers were found to name different patients. */
function Choice(props: {
  busy: boolean
  differ: boolean
  start(films: readonly Item[], allowDifferent: boolean): Promise<void>
}) {
  const scored = items.value.filter(({ result }) => result !== undefined)
  const chosen = useSignal<ReadonlySet<string>>(new Set(firstChoice(scored)))
  const allow = useSignal(false)
  const t = text.value.comparison
  const films = scored.filter(({ id }) => chosen.value.has(id))
  const toggle = (id: string) => {
    const next = new Set(chosen.value)
    if (!next.delete(id)) next.add(id)
    chosen.value = next
  }
  const full = films.length >= MOST_FILMS
  return (
    <>
      <fieldset class="films">
        <legend>{t.choose}</legend>
        {scored.map(({ id, name }) => (
          <label key={id} class="check">
            <input
              type="checkbox"
              checked={chosen.value.has(id)}
              disabled={full && !chosen.value.has(id)}
              onChange={() => toggle(id)}
            />
            {name}
          </label>
        ))}
      </fieldset>
      {props.differ && (
        <label class="check">
          <input
            type="checkbox"
            checked={allow.value}
            onChange={(event) => {
              allow.value = event.currentTarget.checked
            }}
          />
          {t.differentPatients}
        </label>
      )}
      <p class="fine">{settings.place.value === 'device' ? t.stays : t.sent}</p>
      <p class="fine">{comparisonWordsOf(settings.language.value).notice}</p>
      <button
        type="button"
        class="button primary"
        disabled={props.busy || films.length < 2}
        onClick={() => void props.start(films, allow.value)}
      >
        {props.busy && <span class="spinner" />}
        {t.start}
      </button>
    </>
  )
}

/** All films of a short list; of a longer one none but the one that is shown. */
function firstChoice(scored: readonly Item[]): string[] {
  if (scored.length <= MOST_FILMS) return scored.map(({ id }) => id)
  const shown = selected.peek()
  return shown?.result ? [shown.id] : []
}
