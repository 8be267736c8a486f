import type { RgbImage } from '../../cam/overlay.ts'
import { encodePng } from '../../image/png-encode.ts'
import { ZONES } from '../../lungs/zones.ts'
import { percent } from '../decision-text.ts'
import { type Block, paragraph, stacked, table } from '../picture/blocks.ts'
import { type Canvas, type Colour, makeCanvas, place } from '../picture/canvas.ts'
import { LINE, letter, widthOf } from '../picture/lettering.ts'
import { wordsOf } from '../words/words-of.ts'
import type { Compared } from './compared.ts'
import { differencePanel, filmPanel, LESS, MORE } from './panels.ts'
import { headlineOf, remarksIn, signedPercent, zoneIn } from './told.ts'
import { comparisonWordsOf } from './words-of.ts'

const WHITE: Colour = [255, 255, 255]
const GREY: Colour = [180, 180, 180]
const AMBER: Colour = [255, 196, 60]

const HEIGHT = 512
const GAP = 12
const EM = 18
const NARROWEST = 900

type Panel = { readonly caption: string; readonly image: RgbImage }

/**
 * All films side by side with their zones, and the first one with what became more or less opaque until the last; below it the figures of each zone, and
 * what it is not. Films that were not sent are left out.
 */
export async function comparisonPng(compared: Compared): Promise<Uint8Array<ArrayBuffer>> {
  return encodePng({ ...compose(await panelsOf(compared), compared), channels: 3 })
}

async function panelsOf({ films, steps, overall, language }: Compared): Promise<Panel[]> {
  const words = comparisonWordsOf(language)
  const panels: Panel[] = []
  // Sides are exchanged against the film before: two exchanges are none.
  let exchanged = false
  for (const [i, film] of films.entries()) {
    if (i > 0 && steps[i - 1]!.alignment?.mirrored) exchanged = !exchanged
    if (film.answer)
      panels.push({ caption: words.film(i + 1, film.taken), image: await filmPanel(film, HEIGHT, exchanged) })
  }
  const [first, last] = [films[overall.from]!, films[overall.to]!]
  const { alignment } = overall
  if (alignment && first.answer) {
    const image = await differencePanel(first, last, alignment.affine, HEIGHT)
    if (image) panels.push({ caption: words.difference(overall.from + 1, overall.to + 1), image })
  }
  return panels
}

function compose(panels: readonly Panel[], compared: Compared): RgbImage {
  const across = panels.reduce((sum, { image }) => sum + image.width + GAP, GAP)
  const width = Math.max(NARROWEST, across)
  const { above, below } = texts(compared, width)
  const caption = Math.round(EM * LINE)
  const canvas = makeCanvas(width, above.height + caption + HEIGHT + below.height)
  above.draw(canvas, 0)
  let x = Math.round((width - across) / 2) + GAP
  for (const { caption: text, image } of panels) {
    const size = Math.min(EM, (EM * image.width) / widthOf(text, EM))
    letter(canvas, text, { x, y: above.height + size, size, colour: GREY })
    place(canvas, image, x, above.height + caption)
    x += image.width + GAP
  }
  below.draw(canvas, above.height + caption + HEIGHT)
  return canvas
}

function texts(compared: Compared, width: number) {
  const { overall, steps, manifest, language, films } = compared
  const [words, common] = [comparisonWordsOf(language), wordsOf(language)]
  const line = (text: string, size: number, colour: Colour) => paragraph(text, size * EM, width, colour)
  const between = steps.length > 1 ? steps : []
  return {
    above: stacked(EM, [
      line(headlineOf(overall, language), 1.35, overall.trend === 'unchanged' ? WHITE : AMBER),
      line(common.notForDiagnosis, 1, AMBER),
      ...between.map((step) =>
        line(`${words.film(step.to + 1, films[step.to]!.taken)}: ${headlineOf(step, language)}`, 1, WHITE),
      ),
    ]),
    below: stacked(EM, [
      scale(words.less, words.more),
      ...(overall.changes ? [zones(overall.changes, language, width)] : []),
      ...remarksIn(compared, language).map((remark) => line(remark, 0.9, AMBER)),
      line(words.notice, 0.9, GREY),
      line(`${common.model} ${manifest.name} ${manifest.version}`, 0.9, GREY),
    ]),
  }
}

/** The colours of the difference. */
function scale(less: string, more: string): Block {
  const draw = (canvas: Canvas, top: number) => {
    let x = GAP
    for (const [colour, text] of [
      [LESS, less],
      [MORE, more],
    ] as const) {
      const box = makeCanvas(EM, Math.round(EM * 0.8))
      for (let i = 0; i < box.data.length; i += 3) box.data.set(colour, i)
      place(canvas, box, Math.round(x), top + Math.round(EM * 0.25))
      letter(canvas, text, { x: x + EM * 1.4, y: top + EM, size: EM, colour: GREY })
      x += EM * 3 + widthOf(text, EM)
    }
  }
  return { height: Math.round(EM * LINE), draw }
}

function zones(
  changes: NonNullable<Compared['overall']['changes']>,
  language: Compared['language'],
  width: number,
) {
  const words = comparisonWordsOf(language)
  const { columns } = words
  return table(
    [
      { cells: [columns.zone, columns.from, columns.to, columns.change, columns.trend], colour: GREY },
      ...ZONES.map((zone) => {
        const { from, to, change, trend } = changes.zones[zone]
        const range = words.range(signedPercent(change.low, language), signedPercent(change.high, language))
        return {
          cells: [
            zoneIn(zone, language),
            percent(from, language),
            percent(to, language),
            `${signedPercent(change.value, language)} (${range})`,
            words.trendInAWord[trend],
          ],
          colour: trend === 'unchanged' ? WHITE : AMBER,
        }
      }),
    ],
    EM,
    Math.min(width, NARROWEST),
  )
}
