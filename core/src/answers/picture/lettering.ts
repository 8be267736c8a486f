import { type Canvas, type Colour, mixPixel } from './canvas.ts'
import { EM, GLYPHS } from './glyphs.ts'

/** Height of a line over the size of its letters. */
export const LINE = 1.36

/** Characters that can be drawn, in place of those of a text: accents and signs that the font lacks are left out, or become a question mark. */
export function drawable(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text
  const known = (char: string) => GLYPHS[char] !== undefined
  return Array.from(text.normalize('NFC'), (char) => {
    if (known(char)) return char
    const plain = char.normalize('NFD').replace(/\p{Mn}/gu, '')
    return plain === '' || known(plain) ? plain : '?'
  }).join('')
}

/** Width of a line in pixels. @param size of an em, in pixels */
export function widthOf(text: string, size: number): number {
  let units = 0
  for (const char of drawable(text)) units += GLYPHS[char]![0]
  return (units * size) / EM
}

/** A text as lines that fit into a width; a word that does not is cut. */
export function wrap(text: string, size: number, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/).flatMap((one) => cut(one, size, width))) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line === '' || widthOf(longer, size) <= width) line = longer
    else {
      lines.push(line)
      line = word
    }
  }
  return line === '' ? lines : [...lines, line]
}

function cut(word: string, size: number, width: number): string[] {
  const parts = ['']
  for (const char of word) {
    const last = parts.length - 1
    if (parts[last] !== '' && widthOf(parts[last]! + char, size) > width) parts.push(char)
    else parts[last] += char
  }
  return parts
}

/**
 * Draws a line of text.
 * @param x of its left end @param y of its baseline, in pixels @param size of an em, in pixels
 */
export function letter(
  canvas: Canvas,
  text: string,
  { x, y, size, colour }: { x: number; y: number; size: number; colour: Colour },
): void {
  let left = x
  for (const char of drawable(text)) {
    const [advance, outline] = GLYPHS[char]!
    if (outline !== '') drawGlyph(canvas, outline, left, y, size / EM, colour)
    left += advance * (size / EM)
  }
}

/** @param outline of `GLYPHS` @param x of its origin @param y of its baseline */
function drawGlyph(
  canvas: Canvas,
  outline: string,
  x: number,
  y: number,
  scale: number,
  colour: Colour,
): void {
  const edges = edgesOf(outline)
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity]
  for (let i = 0; i < edges.length; i += 2) {
    const [px, py] = [x + edges[i]! * scale, y - edges[i + 1]! * scale]
    ;[left, right] = [Math.min(left, px), Math.max(right, px)]
    ;[top, bottom] = [Math.min(top, py), Math.max(bottom, py)]
  }
  const [fromX, fromY] = [Math.floor(left), Math.floor(top)]
  const [width, height] = [Math.ceil(right) - fromX + 2, Math.ceil(bottom) - fromY + 1]
  const areas = new Float32Array(width * height)
  const atX = (i: number) => x + edges[i]! * scale - fromX
  const atY = (i: number) => y - edges[i]! * scale - fromY
  for (let i = 0; i < edges.length; i += 4) addEdge(areas, width, atX(i), atY(i + 1), atX(i + 2), atY(i + 3))
  for (let row = 0; row < height; row++) {
    let covered = 0
    for (let column = 0; column < width; column++) {
      covered += areas[row * width + column]!
      const share = Math.min(1, Math.abs(covered))
      if (share > 0.004) mixPixel(canvas, fromX + column, fromY + row, colour, share)
    }
  }
}

/** Pieces that a curve is drawn with: at sizes of text no corner is seen. */
const PIECES = 5

const parsed = new Map<string, readonly number[]>()

/** An outline as straight edges: x0, y0, x1, y1, … in the font's units. Read once of each glyph. */
function edgesOf(outline: string): readonly number[] {
  const known = parsed.get(outline)
  if (known) return known
  const edges: number[] = []
  parsed.set(outline, edges)
  let [x, y, startX, startY] = [0, 0, 0, 0]
  const to = (nextX: number, nextY: number) => {
    edges.push(x, y, nextX, nextY)
    ;[x, y] = [nextX, nextY]
  }
  for (const [, kind, steps] of outline.matchAll(/([MLQ])([^MLQ]*)/g)) {
    const [a, b, c, d] = Array.from(steps!.matchAll(/-?\d+/g), ([digits]) => Number(digits)) as [
      number,
      number,
      number,
      number,
    ]
    if (kind === 'M') {
      // The step goes on from where the last contour ended, before it is closed.
      const [penX, penY] = [x, y]
      if (x !== startX || y !== startY) to(startX, startY)
      ;[x, y] = [penX + a, penY + b]
      ;[startX, startY] = [x, y]
    } else if (kind === 'L') to(x + a, y + b)
    else {
      const [fromX, fromY] = [x, y]
      for (let i = 1; i <= PIECES; i++) {
        const t = i / PIECES
        const [ofControl, ofEnd] = [2 * t * (1 - t) + t * t, t * t]
        to(fromX + ofControl * a + ofEnd * c, fromY + ofControl * b + ofEnd * d)
      }
    }
  }
  if (x !== startX || y !== startY) to(startX, startY)
  return edges
}

/**
 * Adds what an edge covers to its right: `areas` holds, for each pixel, how much more of it is covered than of its left neighbour. Summed along a row
 * they are the exact share of each pixel inside the outline.
 */
function addEdge(areas: Float32Array, width: number, x0: number, y0: number, x1: number, y1: number): void {
  if (y0 === y1) return
  const direction = y0 < y1 ? 1 : -1
  const [topX, top, bottomX, bottom] = y0 < y1 ? [x0, y0, x1, y1] : [x1, y1, x0, y0]
  const slope = (bottomX - topX) / (bottom - top)
  for (let row = Math.floor(top); row < bottom; row++) {
    const [from, to] = [Math.max(top, row), Math.min(bottom, row + 1)]
    const height = (to - from) * direction
    const [a, b] = [topX + (from - top) * slope, topX + (to - top) * slope]
    const [left, right] = a < b ? [a, b] : [b, a]
    let before = 0
    for (let column = Math.floor(left); ; column++) {
      // The share of the edge's height right of which this column, and every one behind it, is covered.
      const passed = coveredUpTo(column + 1, left, right)
      const at = row * width + column
      areas[at] = areas[at]! + height * (passed - before)
      before = passed
      if (column >= right) break
    }
  }
}

/** Mean share of the pixel column that ends at `x` which lies right of an edge from `left` to `right`, 0–1. */
function coveredUpTo(x: number, left: number, right: number): number {
  // Integral over the edge's length of the clamped distance to the column's right side.
  const inside = (at: number) => {
    const clamped = Math.min(1, Math.max(0, at))
    return clamped * clamped * 0.5 + Math.max(0, at - 1)
  }
  if (right - left < 1e-6) return Math.min(1, Math.max(0, x - left))
  return (inside(x - left) - inside(x - right)) / (right - left)
}
