import { readFileSync } from 'node:fs'
import { codecs } from '@detl/codecs/modules'
import type { Screened } from '@detl/core/answers/answer'
import type { DataSet } from '@detl/core/answers/dicom/writer'
import { makeCanvas } from '@detl/core/answers/picture/canvas'
import { EM, GLYPHS } from '@detl/core/answers/picture/glyphs'
import { drawable, letter, widthOf, wrap } from '@detl/core/answers/picture/lettering'
import { reportPicture } from '@detl/core/answers/picture/report-picture'
import { overlayOf } from '@detl/core/answers/png'
import { DEFAULT_SETTINGS } from '@detl/core/api/default-settings'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { takeIn } from '@detl/core/intake/intake'
import { readScores } from '@detl/core/model/outputs'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { GLYPHS as FILE, makeGlyphs } from '../../golden/make-glyphs.ts'
import { chestDicom } from '../../support/chest-dicom.ts'
import { OPERATING_POINTS, testManifest } from '../../support/manifest.ts'

const manifest = testManifest({ operatingPoints: OPERATING_POINTS })

async function screened(probabilities: number[], change: DataSet = {}, side = 96): Promise<Screened> {
  const bytes = chestDicom(side, change)
  const gate = { mode: 'report', spec: manifest.gate } as const
  const intake = await takeIn(bytes, manifest.preprocess, gate, { limits: DEFAULT_LIMITS, codecs })
  const cam = Float32Array.from({ length: 24 }, (_, i) => i / 24)
  const scores = readScores(manifest, { probabilities: Float32Array.from(probabilities), cam })
  const id = '00000000-0000-4000-8000-000000000000'
  return {
    id,
    at: 0,
    manifest,
    bytes,
    intake,
    scores,
    settings: DEFAULT_SETTINGS,
    language: 'en',
    references: {},
  }
}
const ABOVE = [0.1, 0.1, 0.2, 0.6]
const BELOW = [0.5, 0.2, 0.2, 0.1]

describe('letters', () => {
  it('come from a file that is not stale', () => {
    expect(readFileSync(FILE, 'utf8')).toBe(makeGlyphs())
  })

  it('cover each pixel as librsvg’s do', async () => {
    const size = 40
    for (const char of ['R', 'g', '8', 'ß', '%', 'Ü']) {
      const canvas = makeCanvas(50, 60)
      letter(canvas, char, { x: 5, y: 42, size, colour: [255, 255, 255] })
      // The outline's steps are SVG's own relative commands, but for Q, whose second step SVG counts from the curve's start.
      const path = GLYPHS[char]![1].replace(/([MLQ])([^MLQ]*)/g, (_, kind: string, steps: string) => {
        const [a, b, c, d] = (steps.match(/-?\d+/g) ?? []).map(Number) as [number, number, number, number]
        if (kind === 'Q') return `q${a},${b} ${a + c},${b + d}`
        return kind === 'M' ? `m${a},${b}` : `l${a},${b}`
      })
      const scale = size / EM
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="50" height="60"><rect width="50" height="60"/><path fill="#fff" transform="translate(5 42) scale(${scale} ${-scale})" d="${path}"/></svg>`
      const theirs = await sharp(Buffer.from(svg)).removeAlpha().raw().toBuffer()
      const off = theirs.reduce((sum, value, i) => sum + Math.abs(value - canvas.data[i]!), 0)
      const ink = theirs.reduce((sum, value) => sum + value, 0)
      expect(ink, char).toBeGreaterThan(0)
      expect(off / ink, char).toBeLessThan(0.02)
    }
  })

  it('stay within a width, whole words where they fit', () => {
    const lines = wrap('Above threshold: COVID-19 34 % (threshold 10 %)', 20, 200)
    expect(lines.join(' ')).toBe('Above threshold: COVID-19 34 % (threshold 10 %)')
    for (const line of [...lines, ...wrap('x'.repeat(100), 20, 200)])
      expect(widthOf(line, 20)).toBeLessThanOrEqual(200)
  })

  it('of other scripts lose their accents or become a question mark', () => {
    expect(drawable('Müller Őz 漢')).toBe('Müller Oz ?')
  })
})

describe('the picture of a report', () => {
  it('shows the film whole, and letters of 10 pixels or more when it is shown at 512', async () => {
    for (const side of [96, 700]) {
      const answer = await screened(ABOVE, {}, side)
      const film = await overlayOf(answer)
      const picture = await reportPicture(answer)
      const top = firstRowOf(picture, film)
      expect(top).toBeGreaterThan(0)
      // The 'A' of the headline is the first thing that is drawn; a capital is 0.714 em high, the headline 1.35 times the text.
      const rows = inkRows(picture, 0, top)
      const capital = rows.findIndex((ink, i) => i > rows.indexOf(true) && !ink) - rows.indexOf(true)
      const em = capital / 0.714 / 1.35
      expect((em * 512) / Math.max(picture.width, picture.height)).toBeGreaterThan(9.5)
    }
  })

  it('draws in amber what is above its threshold, and the headline then', async () => {
    const amber = async (probabilities: number[]) => {
      const { width, height, data } = await reportPicture(await screened(probabilities))
      let rows = 0
      for (let y = 0; y < height; y++) {
        const row = data.subarray(y * width * 3, (y + 1) * width * 3)
        if (
          Array.from({ length: width }, (_, x) => x * 3).some(
            (x) => row[x] === 255 && row[x + 1] === 196 && row[x + 2] === 60,
          )
        )
          rows++
      }
      return rows
    }
    // "Research software, not for diagnosis" is amber always.
    expect(await amber(ABOVE)).toBeGreaterThan(2 * (await amber(BELOW)))
    expect(await amber(BELOW)).toBeGreaterThan(5)
  })

  it('marks sides only where the header says which is which', async () => {
    const of = async (orientation: string | undefined) =>
      reportPicture(
        await screened(BELOW, orientation === undefined ? {} : { '00200020': ['CS', orientation] }, 600),
      )
    const [none, usual, mirrored] = [await of(undefined), await of('L\\F'), await of('R\\F')]
    expect(halvesThatDiffer(none, usual)).toEqual({ left: true, right: true })
    expect(halvesThatDiffer(usual, mirrored)).toEqual({ left: true, right: true })
    // An R on the left: the same as on the mirrored film's right.
    expect(mark(usual, none, 'left')).toBe(mark(mirrored, none, 'right'))
    expect(mark(usual, none, 'left')).not.toBe(mark(usual, none, 'right'))
  })
})

type Picture = Awaited<ReturnType<typeof reportPicture>>

/** The row at which the film begins. */
function firstRowOf(picture: Picture, film: Picture): number {
  const left = Math.floor((picture.width - film.width) / 2)
  for (let top = 0; top + film.height <= picture.height; top++) {
    const same = [0, film.height >> 1, film.height - 1].every((y) => {
      const at = ((top + y) * picture.width + left) * 3
      const row = picture.data.subarray(at, at + film.width * 3)
      return Buffer.compare(row, film.data.subarray(y * film.width * 3, (y + 1) * film.width * 3)) === 0
    })
    if (same) return top
  }
  throw new Error('the film is not in the picture')
}

const inkRows = ({ width, data }: Picture, from: number, to: number): boolean[] =>
  Array.from({ length: to - from }, (_, y) => {
    // Of the first letter alone.
    const at = (from + y) * width * 3
    return data.subarray(at, at + Math.round(width * 0.06) * 3).some((value) => value > 60)
  })

function halvesThatDiffer(a: Picture, b: Picture): { left: boolean; right: boolean } {
  const found = { left: false, right: false }
  for (let i = 0; i < a.data.length; i++)
    if (a.data[i] !== b.data[i]) found[Math.floor(i / 3) % a.width < a.width / 2 ? 'left' : 'right'] = true
  return found
}

/** The pixels that a mark turned white, from its own corner. */
function mark(marked: Picture, plain: Picture, side: 'left' | 'right'): string {
  const points: [number, number][] = []
  for (let i = 0; i < marked.data.length; i += 3) {
    const x = (i / 3) % marked.width
    const own = side === 'left' ? x < marked.width / 2 : x >= marked.width / 2
    if (own && marked.data[i] === 255 && plain.data[i] !== 255)
      points.push([x, Math.floor(i / 3 / marked.width)])
  }
  const [left, top] = [Math.min(...points.map(([x]) => x)), Math.min(...points.map(([, y]) => y))]
  const rows = Math.max(...points.map(([, y]) => y)) - top + 1
  // Coarse: a whole pixel's shift changes which are fully white.
  return Array.from({ length: 6 }, (_, i) =>
    points
      .filter(([, y]) => Math.floor(((y - top) * 6) / rows) === i)
      .map(([x]) => x - left)
      .reduce((most, x) => Math.max(most, x), 0) >
    0.6 * rows * 0.6
      ? '#'
      : '.',
  ).join('')
}
