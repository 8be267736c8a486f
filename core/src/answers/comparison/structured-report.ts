import { AppError } from '../../api/problem.ts'
import type { Change } from '../../comparison/compare-films.ts'
import { ZONES } from '../../lungs/zones.ts'
import {
  type Code,
  codeItem,
  comment,
  container,
  imageItem,
  numItem,
  own,
  PERCENT,
  PLAIN_CHEST,
  textItem,
  uidItem,
} from '../dicom/content-items.ts'
import { dicomContext } from '../dicom/context.ts'
import { SERIES_NUMBERS } from '../dicom/series-numbers.ts'
import { BOTH, POINTS, SITES, type Site, siteItem, uncertainty } from '../dicom/severity-groups.ts'
import { headerOf } from '../dicom/source-header.ts'
import type { SourceImage } from '../dicom/source-image.ts'
import { COMPREHENSIVE_SR, IMAGING_STUDY, writeSrDocument } from '../dicom/sr-document.ts'
import type { DataSet } from '../dicom/writer.ts'
import { zoneName } from '../severity-text.ts'
import type { AnswerWords } from '../words/words.ts'
import { wordsOf } from '../words/words-of.ts'
import type { Compared, Step } from './compared.ts'
import { headlineOf, remarksIn } from './told.ts'
import type { ComparisonWords } from './words.ts'
import { comparisonWordsOf } from './words-of.ts'

/** Codes of this software's own: a code of progression or regression would read as a diagnosis. */
const TRENDS: Readonly<Record<Step['trend'], string>> = {
  better: 'less-opaque',
  unchanged: 'unchanged',
  worse: 'more-opaque',
  'cannot-tell': 'cannot-tell',
}
/** What is measured: where, in which unit, and how it changed from the first film to the last. */
type Measured = {
  readonly id: string
  readonly name: string
  readonly site: Site
  readonly unit: Code
  readonly scale: number
  readonly change: Change
}

/**
 * A preliminary, unverified measurement report (PS3.16, TID 1500) in the last film's study: one measurement group for the share of both lungs that is opaque, one for the score and one a zone (TID 1501), each
 * with the value on the first film, on the last, and the change; every value names the image that it is of.
 * @throws AppError not-acceptable where no film was sent
 */
export async function comparisonReport(compared: Compared): Promise<Uint8Array<ArrayBuffer>> {
  const { manifest, language, films, overall, steps } = compared
  const last = films.findLast(({ answer }) => answer)?.answer
  if (!last) throw new AppError('not-acceptable', 'application/dicom is made from the films; none was sent')
  const { id, at } = compared
  const context = await dicomContext({ ...last, id, at })
  const { uid } = context
  const images = await Promise.all(films.map(async ({ answer }) => answer && (await headerOf(answer))?.image))
  const [words, common] = [comparisonWordsOf(language), wordsOf(language)]
  const about = { words, overall, uid, images: [images[overall.from], images[overall.to]] as const }
  const groups = await Promise.all(measuredIn(overall, common.severity).map((one) => groupOf(one, about)))
  const lines = [
    headlineOf(overall, language),
    ...(steps.length > 1
      ? steps.map(
          (step) => `${words.film(step.to + 1, films[step.to]!.taken)}: ${headlineOf(step, language)}`,
        )
      : []),
  ]
  const comments = [...remarksIn(compared, language), words.notice, common.disclaimer]
  return writeSrDocument(context, {
    ...{ manifest, language, images },
    sopClass: COMPREHENSIVE_SR,
    role: 'comparison',
    series: { role: 'comparison-series', number: SERIES_NUMBERS.comparison, description: words.series },
    title: IMAGING_STUDY,
    standing: 'preliminary',
    template: '1500',
    content: [
      PLAIN_CHEST,
      ...lines.map((text) => textItem('CONTAINS', ['121077', 'DCM', 'Conclusion'], text)),
      ...(groups.length > 0 ? [container(['126010', 'DCM', 'Imaging Measurements'], groups)] : []),
      ...comments.map((text) => comment(text, 'CONTAINS')),
    ],
  })
}

function measuredIn({ changes }: Step, severity: AnswerWords['severity']): Measured[] {
  if (!changes) return []
  return [
    {
      id: 'extent',
      name: severity.extentOf,
      site: BOTH,
      unit: PERCENT,
      scale: 100,
      change: changes.extent.both,
    },
    { id: 'score', name: severity.scoreOf, site: BOTH, unit: POINTS, scale: 1, change: changes.score },
    ...ZONES.map((zone) => ({
      id: `zone-${zone}`,
      name: zoneName(zone, severity),
      site: SITES[zone],
      unit: PERCENT,
      scale: 100,
      change: changes.zones[zone],
    })),
  ]
}

async function groupOf(
  { id, name, site, unit, scale, change }: Measured,
  {
    words,
    overall,
    uid,
    images: [first, last],
  }: {
    words: ComparisonWords
    overall: Step
    uid: (role: string) => Promise<string>
    images: readonly [SourceImage | undefined, SourceImage | undefined]
  },
): Promise<DataSet> {
  const trend = overall.trend === 'cannot-tell' ? 'cannot-tell' : change.trend
  const write = (value: number) => (scale * value).toFixed(2)
  const number = (
    role: 'from' | 'to' | 'change',
    value: number,
    images: readonly (SourceImage | undefined)[],
    range: readonly DataSet[] = [],
  ) =>
    numItem('CONTAINS', own(`${id}-${role}`, `${words.columns[role]}: ${name}`), {
      value: write(value),
      unit,
      items: [...range, ...images.flatMap((image) => (image ? [imageItem(image)] : []))],
    })
  const { value, low, high } = change.change
  const range = uncertainty({ up: write(high - value), down: write(value - low), unit })
  return container(
    ['125007', 'DCM', 'Measurement Group'],
    [
      textItem('HAS OBS CONTEXT', ['112039', 'DCM', 'Tracking Identifier'], words.changeOf(name)),
      uidItem('HAS OBS CONTEXT', ['112040', 'DCM', 'Tracking Unique Identifier'], await uid(`change:${id}`)),
      siteItem(site),
      number('from', change.from, [first]),
      number('to', change.to, [last]),
      number('change', value, [first, last], range),
      codeItem('CONTAINS', own('trend', words.columns.trend), own(TRENDS[trend], words.trendInAWord[trend])),
    ],
  )
}
