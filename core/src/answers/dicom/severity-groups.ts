import type { Ranged, Severity } from '../../lungs/severity.ts'
import { ZONES, type Zone } from '../../lungs/zones.ts'
import type { Language } from '../../model/classes.ts'
import { tellSeverity, zoneName } from '../severity-text.ts'
import type { AnswerWords } from '../words/words.ts'
import { wordsOf } from '../words/words-of.ts'
import {
  type Code,
  codeItem,
  comment,
  container,
  measuredOn,
  numItem,
  own,
  PERCENT,
  textItem,
  uidItem,
} from './content-items.ts'
import type { ImageRegions } from './image-regions.ts'
import type { SourceImage } from './source-image.ts'
import type { Region } from './stored-image.ts'
import type { DataSet } from './writer.ts'

/** A finding site, and which side of the body it is. */
export type Site = { readonly site: Code; readonly side: Code }

const RIGHT: Code = ['24028007', 'SCT', 'Right']
const LEFT: Code = ['7771000', 'SCT', 'Left']
const LUNG: Code = ['39607008', 'SCT', 'Lung']
/** Zones of the lung (PS3.16, CID 6171). */
const UPPER: Code = ['281392002', 'SCT', 'Upper zone of lung']
const MIDDLE: Code = ['281393007', 'SCT', 'Middle zone of lung']
const LOWER: Code = ['281394001', 'SCT', 'Lower zone of lung']
export const BOTH: Site = { site: LUNG, side: ['51440002', 'SCT', 'Bilateral'] }
export const SITES: Readonly<Record<Zone, Site>> = {
  A: { site: UPPER, side: RIGHT },
  B: { site: MIDDLE, side: RIGHT },
  C: { site: LOWER, side: RIGHT },
  D: { site: UPPER, side: LEFT },
  E: { site: MIDDLE, side: LEFT },
  F: { site: LOWER, side: LEFT },
}

/** Points of a score: UCUM's annotation, which stands for the unity (PS3.16, TID 300 asks for a unit). */
export const POINTS: Code = ['{score}', 'UCUM', 'Score']

/** A number as it is written: its code and name, and its unit. */
type Measure = { readonly name: Code; readonly unit: Code; readonly write: (value: number) => string }
type Measured = { readonly measure: Measure; readonly value: Ranged; readonly about?: readonly DataSet[] }
type Assessable = Extract<Severity, { assessable: true }>
type NotAssessable = Extract<Severity, { assessable: false }>
/** What the groups of a report share; and where what explains a number or code stands. */
export type ReportContext = {
  readonly source: SourceImage | undefined
  readonly uid: (role: string) => Promise<string>
  readonly regions: ImageRegions
  readonly comments: 'below' | 'beside'
}

/** That and why nothing can be said of the lungs, as a qualitative evaluation (PS3.16, TID 1500). */
export function notAssessable(
  severity: NotAssessable,
  language: Language,
  { comments }: ReportContext,
): DataSet[] {
  const { severity: words } = wordsOf(language)
  const value = own('not-assessable', words.notAssessable)
  const { below, beside } = explanation(severity, language, comments)
  return [codeItem('CONTAINS', own('opacity', words.title), value, below), ...beside]
}

function explanation(severity: Severity, language: Language, comments: ReportContext['comments']) {
  const { line, caution } = tellSeverity(severity, language)
  const text = `${line}. ${caution}`
  return comments === 'below'
    ? { below: [comment(text, 'HAS PROPERTIES')], beside: [] }
    : { below: [], beside: [comment(text, 'CONTAINS')] }
}

/**
 * How much of the lungs is opaque, as measurement groups (PS3.16, TID 1501): the whole, each lung, each zone as the finding site, with the line around what was measured. The
 * range of a number is how far up and down from it the true value may lie (CID 225).
 */
export async function severityGroups(
  severity: Assessable,
  language: Language,
  context: ReportContext,
): Promise<DataSet[]> {
  const { severity: words } = wordsOf(language)
  const { lungs } = context.regions
  const whole = { id: 'lungs', name: words.title, ...BOTH, on: [lungs?.right, lungs?.left] }
  const { score, extent, zones } = severity
  const { total, share, points } = measuresIn(words)
  const { below, beside } = explanation(severity, language, context.comments)
  return Promise.all([
    group(whole, [{ measure: total, value: score, about: below }], context, beside),
    ...(['right', 'left'] as const).map((side) =>
      group(
        {
          id: `lung-${side}`,
          name: words[side],
          site: LUNG,
          side: side === 'right' ? RIGHT : LEFT,
          on: [lungs?.[side]],
        },
        [{ measure: share, value: extent[side] }],
        context,
      ),
    ),
    ...ZONES.map((zone) =>
      group(
        { id: `zone-${zone}`, name: zoneName(zone, words), ...SITES[zone], on: [lungs?.[zone]] },
        [
          { measure: share, value: zones[zone].extent },
          { measure: points, value: zones[zone].score },
        ],
        context,
      ),
    ),
  ])
}

function measuresIn(words: AnswerWords['severity']): Record<'total' | 'share' | 'points', Measure> {
  const asPoints = (value: number) => value.toFixed(3)
  return {
    total: { name: own('opacity-score', words.scoreOf), unit: POINTS, write: asPoints },
    share: {
      name: own('opacity-extent', words.extentOf),
      unit: PERCENT,
      write: (value) => (100 * value).toFixed(1),
    },
    points: { name: own('opacity-points', words.pointsOf), unit: POINTS, write: asPoints },
  }
}

async function group(
  {
    id,
    name,
    site,
    side,
    on,
  }: Site & { readonly id: string; readonly name: string; readonly on: readonly (Region | undefined)[] },
  measured: readonly Measured[],
  { source, uid }: ReportContext,
  beside: readonly DataSet[] = [],
): Promise<DataSet> {
  return container(
    ['125007', 'DCM', 'Measurement Group'],
    [
      textItem('HAS OBS CONTEXT', ['112039', 'DCM', 'Tracking Identifier'], name),
      uidItem(
        'HAS OBS CONTEXT',
        ['112040', 'DCM', 'Tracking Unique Identifier'],
        await uid(`tracking:${id}`),
      ),
      siteItem({ site, side }),
      ...measured.map(({ measure: { name: of, unit, write }, value: { value, low, high }, about = [] }) => {
        return numItem('CONTAINS', of, {
          value: write(value),
          unit,
          items: [
            ...about,
            ...uncertainty({ up: write(high - value), down: write(value - low), unit }),
            ...(source ? measuredOn(source, on) : []),
          ],
        })
      }),
      ...beside,
    ],
  )
}

/** Where a group's numbers are of. */
export const siteItem = ({ site, side }: Site): DataSet =>
  codeItem('HAS CONCEPT MOD', ['363698007', 'SCT', 'Finding Site'], site, [
    codeItem('HAS CONCEPT MOD', ['272741003', 'SCT', 'Laterality'], side),
  ])

/** How far up and down from a number the true value may lie (PS3.16, CID 225). */
export const uncertainty = ({
  up,
  down,
  unit,
}: {
  readonly up: string
  readonly down: string
  readonly unit: Code
}): DataSet[] => [
  numItem('HAS PROPERTIES', ['371886008', 'SCT', '+, range of upper measurement uncertainty'], {
    value: up,
    unit,
  }),
  numItem('HAS PROPERTIES', ['371885007', 'SCT', '-, range of lower measurement uncertainty'], {
    value: down,
    unit,
  }),
]
