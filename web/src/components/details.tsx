import { shownText } from '@detl/core/base/printable'
import type { Examination, Result } from '../engine/types.ts'
import type { Item } from '../state/items.ts'
import { placeOf } from '../state/list-view.ts'
import { settings } from '../state/settings.ts'
import { text } from '../text/text.ts'

type Props = { item: Item; result: Result }

/** Who scored, with what, how long it took. */
export function Details({ item, result }: Props) {
  return (
    <details class="card details">
      <summary>{text.value.result.details}</summary>
      <Rows rows={facts(item, result)} />
    </details>
  )
}

type PrintProps = Props & { heatOf: string | undefined; examination: Examination | undefined }

/** What a sheet of paper needs to be told from another: shown in print alone. @param heatOf the class whose map lies on the image */
export function PrintFacts({ item, result, heatOf, examination }: PrintProps) {
  const { result: t, list } = text.value
  const date = new Intl.DateTimeFormat(locale(), { dateStyle: 'long', timeStyle: 'medium' })
  const rows: [string, string][] = [
    [t.file, item.synthetic ? `${item.name} (${list.synthetic})` : placeOf(item)],
    ...(examination && settings.printPatient.value ? about(examination) : []),
    [t.date, item.at === undefined ? '' : date.format(item.at)],
    ...(heatOf === undefined ? [] : [[t.map, heatOf] as [string, string]]),
    ...facts(item, result),
  ]
  return (
    <div class="card details print-only">
      <Rows rows={rows} />
    </div>
  )
}

/** English as it is written where the browser's user lives, and so on; German for a page that was switched to German. */
function locale(): string {
  const language = settings.language.value
  return navigator.languages.find((one) => one.startsWith(language)) ?? language
}

function about(examination: Examination): [string, string][] {
  const t = text.value.result
  const { patientName, patientId, studyStarted, studyUid, accession } = examination
  const rows: [string, (string | undefined)[]][] = [
    [t.patient, [patientName, patientId]],
    [t.study, [studyStarted, studyUid]],
    [t.accession, [accession]],
  ]
  return rows.flatMap(([term, values]): [string, string][] => {
    const known = values.filter((value) => value !== undefined)
    return known.length > 0 ? [[term, known.map(shownText).join(' · ')]] : []
  })
}

function facts(item: Item, result: Result): [string, string][] {
  const t = text.value.result
  return [
    [
      t.servedBy,
      [t.servers[result.servedBy], howHere(result), computedOn(result)].filter(Boolean).join(', '),
    ],
    [t.model, `${result.model.name} ${result.model.version} · ${result.model.preprocess}`],
    [t.image, `${result.image.width} × ${result.image.height} · ${result.image.format.toUpperCase()}`],
    [t.time, `${Math.round(item.ms ?? 0)} ms`],
    [t.requestId, result.id],
  ]
}

function computedOn({ computedOn: on }: Result): string {
  if (!on) return ''
  const by = `${on.provider.toUpperCase()}: ${on.adapter}`
  return on.precision ? `${by}, ${text.value.result.precisions[on.precision]}` : by
}

function howHere({ device }: Result): string {
  if (!device) return ''
  const t = text.value.result
  const by = device.provider === 'webgpu' ? t.onGpu : t.threads(device.threads)
  return `${by}, ${t.precisions[device.precision]}`
}

const Rows = ({ rows }: { rows: readonly [string, string][] }) => (
  <dl>
    {rows.map(([term, value]) => (
      <div key={term}>
        <dt>{term}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
)
