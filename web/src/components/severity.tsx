import { tellSeverity } from '@detl/core/answers/severity-text'
import { wordsOf } from '@detl/core/answers/words/words-of'
import type { Severity } from '@detl/core/lungs/severity'
import { PLACES, ZONES } from '@detl/core/lungs/zones'
import { settings } from '../state/settings.ts'
import { view } from '../state/view.ts'
import { text } from '../text/text.ts'

/** `still`: on paper, where there is nothing to choose. `drawn`: whether there are zones to show on the image. */
type Props = { severity: Severity; drawn: boolean; still?: boolean }

const SIDES = ['right', 'left'] as const
const LEVELS = ['upper', 'middle', 'lower'] as const

/** How much of the lungs is opaque: the score and each part with its range, as the parts lie on the film; and in words what it is not. */
export function SeverityCard({ severity, drawn, still = false }: Props) {
  const language = settings.language.value
  const { severity: words } = wordsOf(language)
  const { line, parts, caution } = tellSeverity(severity, language)
  const told = (part: (typeof parts)[number]['part']) => parts.find((one) => one.part === part)
  return (
    <section class="card severity">
      <h3>{words.title}</h3>
      <p class="severity-line">{line.slice(words.title.length + 2)}</p>
      {parts.length > 0 && (
        <table>
          <caption class="fine">
            {words.columns.extent}; {words.columns.points}
          </caption>
          <thead>
            <tr>
              <td />
              {SIDES.map((side) => (
                <th key={side} scope="col">
                  {words[side]}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {LEVELS.map((level) => (
              <tr key={level}>
                <th scope="row">{words.levels[level]}</th>
                {SIDES.map((side) => {
                  const zone = ZONES.find((one) => PLACES[one].side === side && PLACES[one].level === level)!
                  return (
                    <td key={side}>
                      <span>
                        <b>{zone}</b> {told(zone)!.extent}
                      </span>{' '}
                      <span>{told(zone)!.points}</span>
                    </td>
                  )
                })}
              </tr>
            ))}
            <tr>
              <th scope="row">{words.wholeLung}</th>
              {SIDES.map((side) => (
                <td key={side}>
                  <span>{told(side)!.extent}</span>
                </td>
              ))}
            </tr>
          </tbody>
        </table>
      )}
      <p class="fine">{caution}</p>
      {drawn && !still && (
        <label class="check">
          <input
            type="checkbox"
            checked={view.zones.value}
            onChange={(event) => {
              view.zones.value = event.currentTarget.checked
            }}
          />
          {text.value.result.showZones}
        </label>
      )}
    </section>
  )
}
