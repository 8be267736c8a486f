import { widthOf, wrap } from '../picture/lettering.ts'
import { literal } from './file.ts'

/** A4 in points, with room at its sides. */
export const PAGE = { width: 595, height: 842, margin: 48 } as const
const ROOM = PAGE.width - 2 * PAGE.margin

type Style = { readonly size: number; readonly bold?: boolean; readonly grey?: boolean }

/** Content of pages that fill from top to bottom: what does not fit goes onto the next one. */
export class Pages {
  readonly streams: string[] = ['']
  #y: number = PAGE.height - PAGE.margin

  /** A paragraph in lines. Widths are those of Noto Sans, which is wider than Helvetica: nothing leaves the page. */
  paragraph(text: string, style: Style): void {
    for (const line of wrap(text, style.size, ROOM)) {
      this.#need(style.size * 1.35)
      this.#y -= style.size * 1.35
      this.text(line, PAGE.margin, this.#y, style)
    }
    this.space(style.size * 0.35)
  }

  /** Cells in columns; the last may be long. @param styles one a row */
  table(rows: readonly (readonly string[])[], styles: readonly Style[]): void {
    const columns = rows[0]!.map(
      (_, i) => Math.max(...rows.map((row, r) => widthOf(row[i]!, styles[r]!.size))) + 14,
    )
    for (const [r, row] of rows.entries()) {
      const style = styles[r]!
      this.#need(style.size * 1.45)
      this.#y -= style.size * 1.45
      let x: number = PAGE.margin
      for (const [i, cell] of row.entries()) {
        this.text(cell, x, this.#y, style)
        x += columns[i]!
      }
    }
    this.space(6)
  }

  /** An image, as large as its page has room for, at most `height`. @returns where it lies */
  image(name: string, image: { width: number; height: number }, height: number) {
    this.#need(height)
    const scale = Math.min(ROOM / image.width, height / image.height)
    const [w, h] = [image.width * scale, image.height * scale]
    this.#y -= h
    const place = { x: PAGE.margin + (ROOM - w) / 2, y: this.#y, width: w, height: h }
    this.draw(name, place)
    return place
  }

  /** An image at a place, which the caller made sure is free. */
  draw(name: string, { x, y, width, height }: { x: number; y: number; width: number; height: number }): void {
    this.#write(`q ${fixed(width)} 0 0 ${fixed(height)} ${fixed(x)} ${fixed(y)} cm /${name} Do Q\n`)
  }

  text(text: string, x: number, y: number, { size, bold = false, grey = false }: Style): void {
    const font = bold ? 'B' : 'R'
    this.#write(
      `BT ${grey ? '0.35' : '0'} g /${font} ${fixed(size)} Tf ${fixed(x)} ${fixed(y)} Td ${literal(text)} Tj ET\n`,
    )
  }

  space(points: number): void {
    this.#y -= points
  }

  /** Height that is free on this page, in points. */
  get room(): number {
    return this.#y - PAGE.margin
  }

  #need(points: number): void {
    if (this.#y - points >= PAGE.margin) return
    this.streams.push('')
    this.#y = PAGE.height - PAGE.margin
  }

  #write(operators: string): void {
    this.streams[this.streams.length - 1] += operators
  }
}

const fixed = (value: number) => String(Number(value.toFixed(2)))
