import { AppError } from '../../api/problem.ts'
import type { Reading } from '../../gate/reading.ts'
import type { Lut } from '../../image/dicom/lut.ts'
import { type Presentation, readPresentation } from '../../image/dicom/presentation.ts'
import type { Window } from '../../image/dicom/voi.ts'
import type { Polygon } from '../../lungs/outlines.ts'
import type { Screened } from '../answer.ts'
import { toldOf } from '../told.ts'
import { wordsOf } from '../words/words-of.ts'
import { dicomContext } from './context.ts'
import { equipment } from './equipment.ts'
import { hotOutlines } from './hot-region.ts'
import { SERIES_NUMBERS } from './series-numbers.ts'
import { imageReference } from './source-image.ts'
import type { DataSet } from './writer.ts'

const GREYSCALE_SOFTCOPY_PRESENTATION_STATE = '1.2.840.10008.5.1.4.1.1.11.1'
const LAYER = 'DETL'
/** Characters of a ST (PS3.5, table 6.2-1). */
const SHORT_TEXT = 1024

/**
 * How to show the image that was scored, as Grayscale Softcopy Presentation State (PS3.3, A.33.1): its own grey levels, upright, with the decision
 * as text and a line around what is hot in the heat map of the class that the decision names first. The image itself is not in it and stays as it is.
 * @throws AppError not-acceptable where there is no grey DICOM image with UIDs to refer to
 */
export async function toPresentationState(answer: Screened): Promise<Uint8Array<ArrayBuffer>> {
  const { source, date, time, uid, write } = await dicomContext(answer)
  const { intake, manifest } = answer
  if (!source)
    throw new AppError(
      'not-acceptable',
      'a presentation state refers to a DICOM image with SOP, series and study UIDs',
    )
  if (intake.source.colour !== 'grey')
    throw new AppError(
      'not-acceptable',
      `a grayscale presentation state shows a MONOCHROME1 or MONOCHROME2 image; this one is ${intake.source.dicom?.photometric}`,
    )
  const presentation = await readPresentation(answer.bytes)
  const reading = intake.quality.corrected ?? 'upright'
  const { decision, told } = toldOf(answer)
  const words = wordsOf(answer.language)
  const shown = told.classes.find((one) => one.class === decision.leading)!
  const outlines = hotOutlines(answer, decision.leading)
  const top = [told.headline, ...(outlines.length > 0 ? [words.heatMapOf(shown.name)] : [])]
  const bottom = [`${words.model} ${manifest.name} ${manifest.version}`, words.notForDiagnosis]
  return write(GREYSCALE_SOFTCOPY_PRESENTATION_STATE, await uid('presentation-state'), {
    ...equipment(manifest),
    // General Series, Presentation Series
    '00080060': ['CS', 'PR'],
    '0020000e': ['UI', await uid('presentation-state-series')],
    '00200011': ['IS', SERIES_NUMBERS.presentationState],
    '00180015': ['CS', 'CHEST'],
    '0008103e': ['LO', 'DETL presentation (not for diagnosis)'],
    // Presentation State Identification
    '00200013': ['IS', '1'],
    '00700080': ['CS', 'SCREENING'],
    '00700081': ['LO', 'Decision, and where the score looks; no finding'],
    '00700082': ['DA', date],
    '00700083': ['TM', time],
    '00700084': ['PN', ''],
    // Presentation State Relationship
    '00081115': [
      'SQ',
      {
        items: [
          { '0020000e': ['UI', source.series], '00081140': ['SQ', { items: [imageReference(source)] }] },
        ],
      },
    ],
    // Graphic Annotation, Graphic Layer
    '00700001': ['SQ', { items: [annotation([textAt('top', top), textAt('bottom', bottom)], outlines)] }],
    '00700060': ['SQ', { items: [{ '00700002': ['CS', LAYER], '00700062': ['IS', '1'] }] }],
    ...displayedArea(reading, presentation),
    ...greyLevels(reading, presentation),
  })
}

const annotation = (texts: readonly DataSet[], outlines: readonly Polygon[]): DataSet => ({
  '00700002': ['CS', LAYER],
  '00700008': ['SQ', { items: texts }],
  ...(outlines.length > 0 && ({ '00700009': ['SQ', { items: outlines.map(closedLine) }] } satisfies DataSet)),
})

/** Text in a band of the displayed area, which is the film as it is shown: from 0 to 1. */
const textAt = (place: 'top' | 'bottom', lines: readonly string[]): DataSet => {
  const [from, to] = place === 'top' ? [0.01, 0.11] : [0.89, 0.99]
  return {
    '00700003': ['CS', 'DISPLAY'],
    '00700006': ['ST', lines.join('\r\n').slice(0, SHORT_TEXT)],
    '00700010': ['FL', [0.02, from]],
    '00700011': ['FL', [0.98, to]],
    '00700012': ['CS', 'LEFT'],
  }
}

/** On the pixels of the image as it is stored: 0, 0 is the outer corner of the first (PS3.3, C.10.5.1.2). */
const closedLine = (line: Polygon): DataSet => {
  const points = [...line, line[0]!]
  return {
    '00700005': ['CS', 'PIXEL'],
    '00700020': ['US', [2]],
    '00700021': ['US', [points.length]],
    '00700022': ['FL', points.flat()],
    '00700023': ['CS', 'POLYLINE'],
    '00700024': ['CS', 'N'],
  }
}

/** By how much the image is turned clockwise to be upright. */
const TURNS: Readonly<Record<Reading, 0 | 90 | 180 | 270>> = {
  upright: 0,
  inverted: 0,
  'rotated-90': 270,
  'rotated-180': 180,
  'rotated-270': 90,
}

/** Spatial Transformation and Displayed Area: the whole image; its corners as they are shown, by their pixels as they are stored (PS3.3, C.10.4). */
function displayedArea(reading: Reading, { header, spacing }: Presentation): DataSet {
  const { width, height } = header
  const turn = TURNS[reading]
  const [left, right] = turn === 0 || turn === 90 ? [1, width] : [width, 1]
  const [upper, lower] = turn === 0 || turn === 270 ? [1, height] : [height, 1]
  return {
    ...(turn !== 0 && ({ '00700041': ['CS', 'N'], '00700042': ['US', [turn]] } satisfies DataSet)),
    '0070005a': [
      'SQ',
      {
        items: [
          {
            '00700052': ['SL', [left, upper]],
            '00700053': ['SL', [right, lower]],
            '00700100': ['CS', 'SCALE TO FIT'],
            ...((spacing
              ? { '00700101': ['DS', spacing.map(decimal).join('\\')] }
              : { '00700102': ['IS', '1\\1'] }) satisfies DataSet),
          },
        ],
      },
    ],
  }
}

/** Modality, VOI and presentation transformation, as the image was decoded; what is absent is the identity. */
function greyLevels(reading: Reading, { header, pipeline, unit }: Presentation): DataSet {
  const { modality } = pipeline
  const table = 'data' in modality
  // A table's levels may need fewer bits than its entries can state (8 or 16): without a VOI, all of them are shown.
  const whole = (most: number): Window => ({ centre: (most + 1) / 2, width: most + 1, shape: 'LINEAR' })
  const voi = pipeline.voi ?? (table ? whole(modality.top) : undefined)
  const dark = (header.photometric === 'MONOCHROME1') !== (reading === 'inverted')
  const linear = !table && (modality.slope !== 1 || modality.intercept !== 0)
  return {
    ...(table &&
      ({
        '00283000': [
          'SQ',
          { items: [{ ...lut(modality, bitsFor(modality.top)), '00283004': ['LO', unit] }] },
        ],
      } satisfies DataSet)),
    ...(linear &&
      ({
        '00281052': ['DS', decimal(modality.intercept)],
        '00281053': ['DS', decimal(modality.slope)],
        '00281054': ['LO', unit],
      } satisfies DataSet)),
    ...(voi &&
      ({
        '00283110': ['SQ', { items: ['data' in voi ? voiTable(voi) : voiWindow(voi)] }],
      } satisfies DataSet)),
    '20500020': ['CS', dark ? 'INVERSE' : 'IDENTITY'],
  }
}

const voiWindow = ({ centre, width, shape }: Window): DataSet => ({
  '00281050': ['DS', decimal(centre)],
  '00281051': ['DS', decimal(width)],
  '00281056': ['CS', shape],
})

/** Levels have 8 or 16 bits: those of others are stretched. */
function voiTable({ first, data, top }: Lut): DataSet {
  const bits = bitsFor(top)
  const scale = (2 ** bits - 1) / top
  const levels = data.map((level) => Math.round(level * scale))
  return { '00283010': ['SQ', { items: [lut({ first, data: levels }, bits)] }] }
}

const bitsFor = (top: number) => (top > 255 ? 16 : 8)

const lut = ({ first, data }: Pick<Lut, 'first' | 'data'>, bits: number): DataSet => ({
  // 65,536 entries are written as 0.
  '00283002': [first < 0 ? 'SS' : 'US', [data.length % 65_536, first, bits]],
  '00283006': ['OW', littleEndian(data)],
})

function littleEndian(levels: Uint16Array): Uint8Array {
  const bytes = new Uint8Array(2 * levels.length)
  const view = new DataView(bytes.buffer)
  for (const [i, level] of levels.entries()) view.setUint16(2 * i, level, true)
  return bytes
}

/** A DS has at most 16 characters (PS3.5, table 6.2-1). */
const decimal = (value: number): string => String(Number(value.toPrecision(10)))
