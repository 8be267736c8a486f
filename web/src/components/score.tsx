import type { Result } from '../engine/types.ts'
import { shownLabel, view } from '../state/view.ts'
import { percent } from '../text/percent.ts'
import { classWords, text } from '../text/text.ts'
import { told } from '../text/told.ts'
import { fullHeat } from '../viewer/heat.ts'

/** `still`: on paper, where there is nothing to choose. */
type ScoreProps = { label: string; result: Result; still?: boolean }

/** One class: its score as a bar with the operating point marked, and in words; choosing it shows its heat map. */
export function Score({ label, result, still = false }: ScoreProps) {
  const t = text.value
  const said = told(result).classes.find((one) => one.class === label)
  const share = result.probabilities[label]!
  const decided = result.decision.classes.find((one) => one.class === label)
  const { name, explained } = classWords(result.classes, label)
  const full = fullHeat(result)
  const chosen = !still && shownLabel.value === label
  const Box = still ? 'div' : 'label'
  return (
    <Box class="score" data-best={label === result.decision.leading}>
      {!still && (
        <input
          type="radio"
          name="class"
          checked={chosen}
          onChange={() => {
            view.label.value = label
            view.heat.value = true
          }}
        />
      )}
      <span class="score-name">{name}</span>
      <span class="score-value">{said?.score}</span>
      <span class="bar" aria-hidden="true">
        <span class="bar-fill" style={{ width: `${share * 100}%` }} />
        {decided && <span class="bar-mark" style={{ left: `${decided.threshold * 100}%` }} />}
      </span>
      <span class="score-words">
        {explained}
        {full > 0 && result.maps[label]!.max === 0 && `. ${t.result.noEvidence}`}
      </span>
      {decided && (
        <span class="score-verdict" data-above={decided.positive}>
          {(decided.positive ? t.result.above : t.result.below)(said?.threshold ?? '')}
        </span>
      )}
      {decided && (chosen || still) && <Evidence decided={decided} />}
    </Box>
  )
}

type Decided = NonNullable<Result['decision']>['classes'][number]

/** What is known of the threshold: rates on test images and in sources that training had not seen, and what they come to where the account stated how common the class is. */
function Evidence({ decided }: { decided: Decided }) {
  const { sensitivity, specificity, unseen = [], prevalence, ppv, npv } = decided
  const t = text.value.result
  return (
    <>
      {sensitivity && specificity && (
        <span class="score-words">{t.measured(percent(sensitivity.value), percent(specificity.value))}</span>
      )}
      {unseen.map((u) => (
        <span class="score-words" key={u.source}>
          {t.measuredUnseen(
            u.source,
            percent(u.sensitivity.value),
            u.specificity && percent(u.specificity.value),
          )}
        </span>
      ))}
      {prevalence !== undefined && ppv !== undefined && npv !== undefined && (
        <span class="score-words">{t.predicted(percent(prevalence), percent(ppv), percent(npv))}</span>
      )}
    </>
  )
}
