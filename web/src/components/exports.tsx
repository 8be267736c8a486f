import { useSignal } from '@preact/signals'
import { PageError, type Problem, type Result } from '../engine/types.ts'
import { screenAs } from '../screening/endpoint.ts'
import { offers } from '../screening/offers.ts'
import type { Item } from '../state/items.ts'
import { settings } from '../state/settings.ts'
import { shownLabel, view } from '../state/view.ts'
import { percent } from '../text/percent.ts'
import { classWords, text } from '../text/text.ts'
import { download } from '../viewer/download.ts'
import { savePng } from '../viewer/save-png.ts'
import { Icon } from './icon.tsx'

/** Representations that the endpoint makes from the image: media type → file ending. */
const REMOTE = { fhir: ['application/fhir+json', 'fhir.json'], dicom: ['application/dicom', 'dcm'] } as const

/** Print or PDF, PNG and JSON from what is shown; FHIR and DICOM where the endpoint offers them. */
export function Exports({ item, result }: { item: Item; result: Result }) {
  const t = text.value.exports
  const busy = useSignal(false)
  const problem = useSignal<Problem | undefined>(undefined)
  const stem = item.name.replace(/\.[^.]+$/, '')

  const save = async (ending: string, make: () => Promise<Blob>) => {
    busy.value = true
    problem.value = undefined
    try {
      download(await make(), `${stem}.${ending}`)
    } catch (error) {
      if (!(error instanceof PageError)) throw error
      problem.value = error.problem
    } finally {
      busy.value = false
    }
  }
  const remote = (type: string) => () =>
    screenAs(item.file, type, {
      key: settings.key.peek(),
      idempotencyKey: item.id, // the same screening in another form: not billed again
      signal: AbortSignal.timeout(60_000),
    })
  // What was scored on the device stays there: the endpoint would have to be sent the image.
  const remotes = (['fhir', 'dicom'] as const).filter(
    (name) => result.servedBy !== 'device' && offers.value.representations.includes(REMOTE[name][0]),
  )
  return (
    <div class="card exports">
      <h3>{t.heading}</h3>
      <div class="row">
        <button type="button" class="button" onClick={() => print(stem)}>
          <Icon name="print" />
          {t.print}
        </button>
        <SaveButton name={t.png} busy={busy.value} press={() => save('png', () => png(item, result))} />
        <SaveButton name={t.json} busy={busy.value} press={() => save('json', () => json(item, result))} />
        {remotes.map((name) => (
          <SaveButton
            key={name}
            name={t[name]}
            busy={busy.value}
            press={() => save(REMOTE[name][1], remote(REMOTE[name][0]))}
          />
        ))}
      </div>
      <p class="fine" aria-live="polite">
        {busy.value && t.working}
        {problem.value && (text.value.problems[problem.value.code]?.title ?? problem.value.title)}
      </p>
    </div>
  )
}

const SaveButton = ({ name, busy, press }: { name: string; busy: boolean; press(): Promise<void> }) => (
  <button type="button" class="button" disabled={busy} onClick={() => void press()}>
    <Icon name="save" />
    {name}
  </button>
)

/** A PDF is named after the page's title. */
function print(stem: string): void {
  const { title } = document
  document.title = stem
  window.print()
  document.title = title
}

function png(item: Item, result: Result): Promise<Blob> {
  const t = text.value
  const label = shownLabel.value ?? result.label
  const nameOf = (id: string) => classWords(result.classes, id).name
  const scores = result.classes
    .map(({ id }) => `${nameOf(id)} ${percent(result.probabilities[id]!)}`)
    .join(' · ')
  const { name, version } = result.model
  return savePng({
    picture: view.picture.value!,
    window: view.window.value,
    result,
    label,
    opacity: view.heat.value ? view.opacity.value : 0,
    captions: [
      ...(item.synthetic ? [t.list.synthetic] : []),
      scores,
      `${t.result.model}: ${name} ${version} · ${view.heat.value ? t.viewer.heatOf(nameOf(label)) : t.viewer.noHeat}`,
      t.disclaimer,
    ],
  })
}

async function json({ name, synthetic }: Item, result: Result): Promise<Blob> {
  const { geometry, grid, maps, ...rest } = result
  const heatmaps = result.classes.map(({ id }) => ({ class: id, max: maps[id]!.max }))
  const content = { file: name, synthetic, ...rest, heatmaps, disclaimer: text.value.disclaimer }
  return new Blob([JSON.stringify(content, null, 2)], { type: 'application/json' })
}
