/** Plots as SVG text, drawn in a 300 × 300 field; no script, so that they print. */

export type Series = { name: string; points: readonly { x: number; y: number }[]; colour: string }

const FIELD = 300
const MARGIN = 46
const text = (x: number, y: number, content: string, anchor = 'middle', extra = ''): string =>
  `<text x="${x}" y="${y}" text-anchor="${anchor}" ${extra}>${escapeHtml(content)}</text>`

export const escapeHtml = (s: string): string =>
  s.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** Lines over a square whose axes run from 0 to 1, with the diagonal. */
export function unitPlot(
  title: string,
  xTitle: string,
  yTitle: string,
  series: readonly Series[],
  dots = false,
): string {
  const at = (v: { x: number; y: number }) =>
    `${(MARGIN + v.x * FIELD).toFixed(1)},${(MARGIN + (1 - v.y) * FIELD).toFixed(1)}`
  const ticks = [0, 0.25, 0.5, 0.75, 1]
    .map(
      (t) =>
        text(MARGIN + t * FIELD, MARGIN + FIELD + 16, String(t)) +
        text(MARGIN - 6, MARGIN + (1 - t) * FIELD + 4, String(t), 'end'),
    )
    .join('')
  const lines = series
    .map((s, i) => {
      const marks = dots
        ? s.points
            .map(
              (p) =>
                `<circle cx="${at(p).split(',')[0]}" cy="${at(p).split(',')[1]}" r="3" fill="${s.colour}"/>`,
            )
            .join('')
        : ''
      const legend = text(
        MARGIN + FIELD - 8,
        MARGIN + FIELD - 12 - 16 * (series.length - 1 - i),
        s.name,
        'end',
        `fill="${s.colour}"`,
      )
      return `<polyline fill="none" stroke="${s.colour}" stroke-width="1.8" points="${s.points.map(at).join(' ')}"/>${marks}${legend}`
    })
    .join('')
  return figure(
    title,
    `<rect x="${MARGIN}" y="${MARGIN}" width="${FIELD}" height="${FIELD}" class="field"/>
<line x1="${MARGIN}" y1="${MARGIN + FIELD}" x2="${MARGIN + FIELD}" y2="${MARGIN}" class="diagonal"/>${ticks}${lines}
${text(MARGIN + FIELD / 2, MARGIN + FIELD + 36, xTitle)}${text(0, 0, yTitle, 'middle', `transform="translate(12 ${MARGIN + FIELD / 2}) rotate(-90)"`)}`,
  )
}

/** Rows true, columns predicted; shaded by the share of the row. */
export function matrixPlot(
  title: string,
  labels: readonly string[],
  matrix: readonly (readonly number[])[],
): string {
  const cell = FIELD / labels.length
  const cells = matrix
    .flatMap((row, r) => {
      const total = row.reduce((a, b) => a + b, 0)
      return row.map((count, c) => {
        const share = total > 0 ? count / total : 0
        const x = MARGIN + c * cell
        const y = MARGIN + r * cell
        const ink = share > 0.55 ? '#fff' : '#111'
        return `<rect x="${x}" y="${y}" width="${cell}" height="${cell}" fill="rgb(20 70 140 / ${share.toFixed(3)})" stroke="#ccc"/>${text(x + cell / 2, y + cell / 2 - 2, String(count), 'middle', `fill="${ink}"`)}${text(x + cell / 2, y + cell / 2 + 14, `${(100 * share).toFixed(0)} %`, 'middle', `fill="${ink}" font-size="10"`)}`
      })
    })
    .join('')
  const names = labels
    .map(
      (l, i) =>
        text(MARGIN + (i + 0.5) * cell, MARGIN + FIELD + 16, l, 'middle', 'font-size="10"') +
        text(
          0,
          0,
          l,
          'middle',
          `font-size="10" transform="translate(${MARGIN - 8} ${MARGIN + (i + 0.5) * cell}) rotate(-90)"`,
        ),
    )
    .join('')
  return figure(
    title,
    `${cells}${names}${text(MARGIN + FIELD / 2, MARGIN + FIELD + 36, 'predicted')}${text(0, 0, 'true', 'middle', `transform="translate(12 ${MARGIN + FIELD / 2}) rotate(-90)"`)}`,
  )
}

const figure = (title: string, body: string): string => {
  const side = FIELD + 2 * MARGIN
  return `<figure><svg viewBox="0 0 ${side} ${side}" role="img" aria-label="${escapeHtml(title)}">${body}</svg><figcaption>${escapeHtml(title)}</figcaption></figure>`
}
