import { AppError } from '../../api/problem.ts'
import type { Change } from '../../comparison/compare-films.ts'
import { ZONES } from '../../lungs/zones.ts'
import {
  type Code,
  code,
  codeItem,
  container,
  imageItem,
  languageItem,
  numItem,
  observer,
  own,
  PERCENT,
  textItem,
  uidItem,
} from '../dicom/content-items.ts'
import { dicomContext } from '../dicom/context.ts'
import { equipment } from '../dicom/equipment.ts'
import { BOTH, POINTS, SITES, type Site, siteItem, uncertainty } from '../dicom/severity-groups.ts'
import { headerOf } from '../dicom/source-header.ts'
import { reference, type SourceImage } from '../dicom/source-image.ts'
import type { DataSet } from '../dicom/writer.ts'
import { zoneName } from '../severity-text.ts'
import type { AnswerWords } from '../words/words.ts'
import { wordsOf } from '../words/words-of.ts'
import type { Compared, Step } from './compared.ts'
import { headlineOf } from './told.ts'
import type { ComparisonWords } from './words.ts'
import { comparisonWordsOf } from './words-of.ts'

const COMPREHENSIVE_SR = '1.2.840.10008.5.1.4.1.1.88.33'
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
  const { manifest, language, films, overall, steps, remarks } = compared
  const last = films.findLast(({ answer }) => answer)?.answer
  if (!last) throw new AppError('not-acceptable', 'application/dicom is made from the films; none was sent')
  const { id, at } = compared
  const context = await dicomContext({ ...last, id, at })
  const { date, time, uid, write } = context
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
  const said = [...new Set([...remarks, ...steps.flatMap((step) => step.remarks), ...overall.remarks])]
  const comments = [...said.map((remark) => words.remark[remark]), words.notice, common.disclaimer]
  return write(COMPREHENSIVE_SR, await uid('comparison'), {
    ...equipment(manifest),
    '00080060': ['CS', 'SR'],
    '0020000e': ['UI', await uid('comparison-series')],
    '00200011': ['IS', '9007'],
    '0008103e': ['LO', words.series],
    '00081111': ['SQ', { items: [] }],
    '00080023': ['DA', date],
    '00080033': ['TM', time],
    '00200013': ['IS', '1'],
    '0040a372': ['SQ', { items: [] }],
    '0040a491': ['CS', 'PARTIAL'],
    '0040a493': ['CS', 'UNVERIFIED'],
    '0040a496': ['CS', 'PRELIMINARY'],
    ...evidenceOf(images, context.source?.study),
    '0040a040': ['CS', 'CONTAINER'],
    '0040a043': code(['18748-4', 'LN', 'Diagnostic imaging study']),
    '0040a050': ['CS', 'SEPARATE'],
    '0040a504': ['SQ', { items: [{ '00080105': ['CS', 'DCMR'], '0040db00': ['CS', '1500'] }] }],
    '0040a730': [
      'SQ',
      {
        items: [
          languageItem(language),
          ...observer(manifest, await uid('device')),
          codeItem(
            'HAS CONCEPT MOD',
            ['121058', 'DCM', 'Procedure reported'],
            ['399208008', 'SCT', 'Plain chest X-ray'],
          ),
          ...lines.map((text) => textItem('CONTAINS', ['121077', 'DCM', 'Conclusion'], text)),
          ...(groups.length > 0 ? [container(['126010', 'DCM', 'Imaging Measurements'], groups)] : []),
          ...comments.map((text) => textItem('CONTAINS', ['121106', 'DCM', 'Comment'], text)),
        ],
      },
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

/** Images of the report's own study, and of others (PS3.3, tables C.17-2 and C.17-3): every one that the content refers to, once. */
function evidenceOf(images: readonly (SourceImage | undefined)[], study: string | undefined): DataSet {
  const distinct = [
    ...new Map(images.flatMap((image) => (image ? [[image.sopInstance, image]] : []))).values(),
  ]
  const items = (of: readonly SourceImage[]): DataSet[] =>
    groups(of, (image) => image.study).map(([uid, inStudy]) => ({
      '0020000d': ['UI', uid],
      '00081115': [
        'SQ',
        {
          items: groups(inStudy, (image) => image.series).map(
            ([series, inSeries]): DataSet => ({
              '0020000e': ['UI', series],
              '00081199': ['SQ', { items: inSeries.map(reference) }],
            }),
          ),
        },
      ],
    }))
  const own = items(distinct.filter((image) => image.study === study))
  const others = items(distinct.filter((image) => image.study !== study))
  return {
    ...(own.length > 0 && ({ '0040a375': ['SQ', { items: own }] } satisfies DataSet)),
    ...(others.length > 0 && ({ '0040a385': ['SQ', { items: others }] } satisfies DataSet)),
  }
}

const groups = <T>(of: readonly T[], key: (one: T) => string): [string, T[]][] => {
  const out = new Map<string, T[]>()
  for (const one of of) out.set(key(one), [...(out.get(key(one)) ?? []), one])
  return [...out]
}
