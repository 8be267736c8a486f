import type { Canvas, Colour } from './canvas.ts'
import { LINE, letter, widthOf, wrap } from './lettering.ts'

/** What is drawn across a picture: its height, and how it is drawn from a row on. */
export type Block = { readonly height: number; readonly draw: (canvas: Canvas, top: number) => void }

/** Blocks below each other, with room around them. */
export function stacked(em: number, blocks: readonly Block[]): Block {
  const gap = Math.round(em * 0.25)
  const height = blocks.reduce((sum, block) => sum + block.height + gap, gap)
  const draw = (canvas: Canvas, top: number) => {
    let y = top + gap
    for (const block of blocks) {
      block.draw(canvas, y)
      y += block.height + gap
    }
  }
  return { height, draw }
}

/** At the sides of a block. */
export const margin = (em: number) => Math.round(em * 0.6)

/** A text in as many lines as it needs. */
export function paragraph(text: string, size: number, width: number, colour: Colour): Block {
  const x = margin(size)
  const lines = wrap(text, size, width - 2 * x)
  const step = Math.round(size * LINE)
  const draw = (canvas: Canvas, top: number) => {
    for (const [i, line] of lines.entries())
      letter(canvas, line, { x, y: top + i * step + size, size, colour })
  }
  return { height: lines.length * step, draw }
}

/** Cells of text in columns. */
export type TableRow = { readonly cells: readonly string[]; readonly colour: Colour }

/** Rows of cells below each other; all have as many. */
export function table(rows: readonly TableRow[], em: number, width: number): Block {
  const room = width - 2 * margin(em)
  const natural = rows[0]!.cells.map(
    (_, i) => Math.max(...rows.map(({ cells }) => widthOf(cells[i]!, em))) + 0.8 * em,
  )
  const total = natural.reduce((sum, one) => sum + one, 0)
  // Long names make the letters smaller, never the columns overlap.
  const size = em * Math.min(1, room / total)
  const step = Math.round(size * LINE)
  const draw = (canvas: Canvas, top: number) => {
    for (const [row, { cells, colour }] of rows.entries()) {
      let x = margin(em)
      for (const [i, cell] of cells.entries()) {
        letter(canvas, cell, { x, y: top + row * step + size, size, colour })
        x += natural[i]! * (size / em)
      }
    }
  }
  return { height: rows.length * step, draw }
}
