/**
 * Writes core/src/answers/picture/glyphs.ts: `node test/golden/make-glyphs.ts`. Noto Sans Medium (SIL Open Font License 1.1, its text beside that
 * file), the glyphs of Latin-1 and some signs, their outlines on a grid of 1/250 em.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import opentype from 'opentype.js'

const FONT = new URL(
  '../../node_modules/@fontsource/noto-sans/files/noto-sans-latin-500-normal.woff',
  import.meta.url,
)
export const GLYPHS = new URL('../../core/src/answers/picture/glyphs.ts', import.meta.url)
const GRID = 250
const LATIN = Array.from({ length: 0x100 - 0x20 }, (_, i) => String.fromCharCode(0x20 + i))
const SIGNS = [...'–—‘’“”…€−'] // beyond Latin-1

/** The file's text. */
export function makeGlyphs(): string {
  const bytes = readFileSync(FONT)
  const font = opentype.parse(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
  const grid = (value: number) => Math.round((value * GRID) / font.unitsPerEm)
  const lines = [...LATIN.filter((char) => !/\p{Cc}/u.test(char)), ...SIGNS].flatMap((char) => {
    const glyph = font.charToGlyph(char)
    if (glyph.index === 0) return []
    let [x, y] = [0, 0]
    const moved = (toX: number, toY: number) => {
      const step = `${grid(toX) - x},${grid(toY) - y}`
      ;[x, y] = [grid(toX), grid(toY)]
      return step
    }
    // Each point is a step from the one before it; a contour closes by itself.
    const path = glyph.path.commands.map((command) => {
      if (command.type === 'M') return `M${moved(command.x!, command.y!)}`
      if (command.type === 'L') return `L${moved(command.x!, command.y!)}`
      if (command.type === 'Q') return `Q${moved(command.x1!, command.y1!)},${moved(command.x!, command.y!)}`
      if (command.type === 'Z') return ''
      throw new Error(`${char}: ${command.type}`)
    })
    const outline = path.join('').replaceAll(',-', '-').replaceAll('L0,0', '')
    return [`  ${JSON.stringify(char)}: [${grid(glyph.advanceWidth!)}, '${outline}'],`]
  })
  return [
    '// Made by test/golden/make-glyphs.ts of Noto Sans Medium (LICENSE-noto-sans.txt): not to be edited.',
    '',
    '/** Units of an em in `GLYPHS`. */',
    `export const EM = ${GRID}`,
    '',
    '/** Character → advance, and outline: M move, L line, Q quadratic curve (control point, end), each a step from the point before; y goes up. */',
    'export const GLYPHS: Readonly<Record<string, readonly [advance: number, outline: string]>> = {',
    ...lines,
    '}',
    '',
  ].join('\n')
}

if (import.meta.main) writeFileSync(GLYPHS, makeGlyphs())
