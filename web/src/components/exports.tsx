import { useSignal } from '@preact/signals'
import { engine, unwrap } from '../engine/engine.ts'
import { PageError, type Problem, type ReportKind, type Result } from '../engine/types.ts'
import { screenAs } from '../screening/endpoint.ts'
import { offers } from '../screening/offers.ts'
import type { Item } from '../state/items.ts'
import { deviceModel } from '../state/model.ts'
import { settings } from '../state/settings.ts'
import { shownLabel, view } from '../state/view.ts'
import { percent } from '../text/percent.ts'
import { classWords, text } from '../text/text.ts'
import { download } from '../viewer/download.ts'
import { savePng } from '../viewer/save-png.ts'
import { Icon } from './icon.tsx'
import { SaveButton } from './save-button.tsx'

/** Reports: what the endpoint calls them, and how a file's name ends, which is never the input's. */
const REPORTS = {
  fhir: ['application/fhir+json', '.fhir.json'],
  sr: ['application/dicom; object=sr', '.sr.dcm'],
  sc: ['application/dicom', '.sc.dcm'],
  pdf: ['application/dicom; object=pdf', '.pdf.dcm'],
} as const

/** Print or PDF, PNG and JSON from what is shown; FHIR and DICOM from who scored the image: this device, or an endpoint that offers them. */
export function Exports({ item, result }: { item: Item; result: Result }) {
  const t = text.value.exports
  const busy = useSignal(false)
  const problem = useSignal<Problem | undefined>(undefined)
  const stem = item.name.replace(/\.[^.]+$/, '')

  const save = async (ending: string, make: () => Promise<Blob>) => {
    busy.value = true
    problem.value = undefined
    try {
      download(await make(), stem + ending)
    } catch (error) {
      if (!(error instanceof PageError)) throw error
      problem.value = error.problem
    } finally {
      busy.value = false
    }
  }
  const here = result.servedBy === 'device'
  const report = (kind: ReportKind) => (here ? reportHere(item, result, kind) : reportThere(item, kind))
  const reports = (['fhir', 'sr', 'sc', 'pdf'] as const).filter(
    (kind) => here || offers.value.representations.includes(REPORTS[kind][0].split(';')[0]!),
  )
  return (
    <div class="card exports">
      <h3>{t.heading}</h3>
      <div class="row">
        <button type="button" class="button" onClick={() => print(stem)}>
          <Icon name="print" />
          {t.print}
        </button>
        <SaveButton
          name={t.png}
          busy={busy.value}
          press={() => save('.overlay.png', () => png(item, result))}
        />
        <SaveButton
          name={t.json}
          busy={busy.value}
          press={() => save('.detl.json', () => json(item, result))}
        />
        {reports.map((kind) => (
          <SaveButton
            key={kind}
            name={t[kind]}
            busy={busy.value}
            press={() => save(REPORTS[kind][1], () => report(kind))}
          />
        ))}
      </div>
      {view.picture.value?.examination && <PatientSwitch />}
      <p class="fine" aria-live="polite">
        {busy.value && t.working}
        {problem.value && (text.value.problems[problem.value.code]?.title ?? problem.value.title)}
      </p>
    </div>
  )
}

/** Whether paper says whom and what the image is of. */
function PatientSwitch() {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={settings.printPatient.value}
        onChange={(event) => {
          settings.printPatient.value = event.currentTarget.checked
        }}
      />
      {text.value.exports.patient}
    </label>
  )
}

/** The endpoint is sent the image for it; the same screening in another form is not billed again. */
const reportThere = (item: Item, kind: ReportKind) =>
  screenAs(item.file, REPORTS[kind][0], {
    key: settings.key.peek(),
    idempotencyKey: item.id,
    signal: AbortSignal.timeout(60_000),
  })

/** What was scored on the device stays there. */
async function reportHere(item: Item, result: Result, kind: ReportKind): Promise<Blob> {
  await deviceModel()
  const about = { id: result.id, at: Number(item.at ?? Date.now()), language: settings.language.peek() }
  const bytes = await unwrap(engine().report(await item.file.arrayBuffer(), kind, about))
  return new Blob([bytes], { type: REPORTS[kind][0].split(';')[0]! })
}

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
