import { inferno } from '../../cam/colour-map.ts'
import type { RgbImage } from '../../cam/overlay.ts'
import { mapMaximum } from '../../cam/resize-map.ts'
import type { Screened } from '../answer.ts'
import type { Told } from '../decision-text.ts'
import { headerOf } from '../dicom/source-header.ts'
import { severityIn } from '../lung-findings.ts'
import { once } from '../once.ts'
import { overlayOf } from '../png.ts'
import { tellSeverity } from '../severity-text.ts'
import { toldOf } from '../told.ts'
import type { AnswerWords } from '../words/words.ts'
import { wordsOf } from '../words/words-of.ts'
import { type Block, margin, paragraph, stacked, table } from './blocks.ts'
import { type Canvas, type Colour, makeCanvas, place } from './canvas.ts'
import { LINE, letter, widthOf } from './lettering.ts'
import { opposite, shownOrientation } from './orientation.ts'

const WHITE: Colour = [255, 255, 255]
const GREY: Colour = [180, 180, 180]
const AMBER: Colour = [255, 196, 60]
const BLACK: Colour = [0, 0, 0]

/** Lines of text that the picture's longer side would hold: shown at 512 pixels, letters have 10 or 11. */
const EMS = 48
const NARROWEST = 512

/** All that is written and drawn beside the film. */
type Content = {
  readonly told: Told
  readonly words: AnswerWords
  readonly model: string
  readonly mapOf: string
  /** How much of the lungs is opaque, in a sentence; undefined where the model outlines none. */
  readonly opacity: string | undefined
  /** The raw map value that the colour bar's hot end stands for. */
  readonly fullHeat: number
  /** Findings at or above their thresholds: what stands out. */
  readonly above: readonly string[]
  /** Nothing is decided. */
  readonly abstained: boolean
  /** Left and right side of the film in the patient, where the header says. */
  readonly sides: readonly [left: string, right: string] | undefined
}

/** What is drawn at a size of letters: blocks above and below the film, each with its height. */
type Layout = { readonly em: number; readonly width: number; readonly above: Block; readonly below: Block }

/**
 * The overlay with what must be known of it burnt in: the decision, each class with score and threshold, how much of the lungs is opaque, the model, the colour bar with its
 * scale, sides, and what it is not. Legible when the whole picture is shown at 512 pixels.
 */
export const reportPicture = once(async (answer: Screened): Promise<RgbImage> => {
  const film = await overlayOf(answer)
  return compose(film, await contentOf(answer))
})

async function contentOf(answer: Screened): Promise<Content> {
  const { manifest, scores, intake, language } = answer
  const { decision, told } = toldOf(answer)
  const words = wordsOf(language)
  const orientation = shownOrientation((await headerOf(answer))?.orientation, intake.quality.corrected)
  const [rows] = orientation ?? []
  const severity = severityIn(answer)
  return {
    told,
    opacity: severity && tellSeverity(severity, language).line,
    words,
    model: `${words.model} ${manifest.name} ${manifest.version} · ${words.operatingPoint}: ${told.point}`,
    mapOf: words.heatMapOf(told.classes.find((one) => one.class === decision.leading)!.name),
    fullHeat: Math.max(...Object.values(scores.maps).map(mapMaximum)),
    above: decision.above,
    abstained: decision.abstained,
    sides: rows === undefined ? undefined : [opposite(rows), rows],
  }
}

function compose(film: RgbImage, content: Content): RgbImage {
  const layout = fitted(film, content)
  const { em, width, above, below } = layout
  const canvas = makeCanvas(width, above.height + film.height + below.height)
  const left = Math.floor((width - film.width) / 2)
  above.draw(canvas, 0)
  place(canvas, film, left, above.height)
  drawSides(canvas, content.sides, {
    left,
    right: left + film.width,
    y: above.height + Math.round(film.height * 0.12),
    size: 1.6 * em,
  })
  below.draw(canvas, above.height + film.height)
  return canvas
}

/** Letters grow with the picture, and the picture with them: two or three rounds settle it. */
function fitted(film: RgbImage, content: Content): Layout {
  const width = Math.max(film.width, NARROWEST)
  let em = Math.max(width, film.height) / EMS
  let layout = layoutAt(em, width, content)
  for (let round = 0; round < 4; round++) {
    const longest = Math.max(width, layout.above.height + film.height + layout.below.height)
    const wanted = longest / EMS
    if (wanted <= em) break
    em = wanted
    layout = layoutAt(em, width, content)
  }
  return layout
}

function layoutAt(em: number, width: number, content: Content): Layout {
  const { told, words, above, abstained } = content
  const line = (texts: string, size: number, colour: Colour) => paragraph(texts, size * em, width, colour)
  return {
    em,
    width,
    above: stacked(em, [
      line(told.headline, 1.35, above.length > 0 || abstained ? AMBER : WHITE),
      line(words.notForDiagnosis, 1, AMBER),
    ]),
    below: stacked(em, [
      scores(content, em, width),
      ...(content.opacity === undefined ? [] : [line(content.opacity, 1, WHITE)]),
      colourBar(content, em, width),
      line(content.model, 1, GREY),
    ]),
  }
}

/** Class, score, threshold and side of it, a row each; what is above its threshold stands out. */
function scores({ told, words, above }: Content, em: number, width: number): Block {
  const { columns } = words
  return table(
    [
      { cells: [columns.class, columns.score, columns.threshold, columns.decision], colour: GREY },
      ...told.classes.map(({ class: id, name, score, threshold, side }) => ({
        cells: [name, score, threshold ?? '–', side],
        colour: above.includes(id) ? AMBER : WHITE,
      })),
    ],
    em,
    width,
  )
}

/** The colours of the heat map from none to its hottest, with the raw values (logit units) at the ends. */
function colourBar({ words, mapOf, fullHeat }: Content, em: number, width: number): Block {
  const caption = paragraph(mapOf, em, width, WHITE)
  const ends = [
    `0 · ${words.heatScale.none}`,
    `${Number(fullHeat.toPrecision(2))} · ${words.heatScale.most}`.replace('.', words.decimalPoint),
  ] as const
  const x = margin(em)
  const room = width - 2 * x
  const thick = Math.round(em * 0.7)
  const step = Math.round(em * LINE)
  const draw = (canvas: Canvas, top: number) => {
    caption.draw(canvas, top)
    const bar = makeCanvas(room, thick)
    const colours = inferno()
    for (let column = 0; column < room; column++) {
      const level = Math.round((column / (room - 1)) * 255) * 3
      bar.data.set(colours.subarray(level, level + 3), column * 3)
    }
    for (let row = 1; row < thick; row++) bar.data.copyWithin(row * room * 3, 0, room * 3)
    place(canvas, bar, x, top + caption.height)
    const size = Math.min(em, em * (room / (widthOf(ends[0], em) + widthOf(ends[1], em) + em)))
    const y = top + caption.height + thick + em
    letter(canvas, ends[0], { x, y, size, colour: GREY })
    letter(canvas, ends[1], { x: x + room - widthOf(ends[1], size), y, size, colour: GREY })
  }
  return { height: caption.height + thick + step, draw }
}

/** Which side of the patient is which side of the film, white with a dark rim. */
function drawSides(
  canvas: Canvas,
  sides: Content['sides'],
  { left, right, y, size }: { left: number; right: number; y: number; size: number },
): void {
  if (!sides) return
  const places = [
    { text: sides[0], x: left + size * 0.5 },
    { text: sides[1], x: right - size * 0.5 - widthOf(sides[1], size) },
  ]
  const rim = Math.max(1, Math.round(size / 16))
  for (const { text, x } of places) {
    for (const [dx, dy] of [
      [-rim, 0],
      [rim, 0],
      [0, -rim],
      [0, rim],
    ] as const)
      letter(canvas, text, { x: x + dx, y: y + dy, size, colour: BLACK })
    letter(canvas, text, { x, y, size, colour: WHITE })
  }
}
