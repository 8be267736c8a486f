/** Plots as SVG text; no script, so that they print. */

/** `weight` makes a dot as large in area as it stands for. */
export type Point = { x: number; y: number; weight?: number }
export type Series = { name: string; points: readonly Point[]; colour: string; dashed?: boolean }
export type Band = { points: readonly { x: number; low: number; high: number }[]; colour: string }

const FIELD = 260
const LEFT = 48
const TOP = 12
const BOTTOM = 44
const RIGHT = 14

const text = (x: number, y: number, content: string, anchor = 'middle', extra = ''): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" ${extra}>${escapeHtml(content)}</text>`

export const escapeHtml = (s: string): string =>
  s.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

type Scale = { width: number; height: number; x: readonly [number, number]; y: readonly [number, number] }

const placer =
  ({ width, height, x, y }: Scale) =>
  (p: Point): string =>
    `${(LEFT + ((p.x - x[0]) / (x[1] - x[0] || 1)) * width).toFixed(1)},${(TOP + (1 - (p.y - y[0]) / (y[1] - y[0] || 1)) * height).toFixed(1)}`

const polyline = ({ points, colour, dashed }: Series, at: (p: Point) => string): string =>
  `<polyline fill="none" stroke="${colour}" stroke-width="1.8" stroke-linejoin="round"${dashed ? ' stroke-dasharray="4 3"' : ''} points="${points.map(at).join(' ')}"/>`

/** Lines over a square whose axes run from 0 to 1, with the diagonal. */
export function unitPlot(
  title: string,
  axes: { x: string; y: string },
  series: readonly Series[],
  { bands = [], dots = false, small = false }: { bands?: readonly Band[]; dots?: boolean; small?: boolean },
): string {
  const scale: Scale = { width: FIELD, height: FIELD, x: [0, 1], y: [0, 1] }
  const at = placer(scale)
  const ticks = [0, 0.25, 0.5, 0.75, 1]
    .map(
      (t) =>
        text(LEFT + t * FIELD, TOP + FIELD + 15, String(t)) +
        text(LEFT - 6, TOP + (1 - t) * FIELD + 4, String(t), 'end'),
    )
    .join('')
  const areas = bands
    .map(({ points, colour }) => {
      const up = points.map((p) => at({ x: p.x, y: p.high }))
      const down = [...points].reverse().map((p) => at({ x: p.x, y: p.low }))
      return `<polygon fill="${colour}" fill-opacity="0.16" points="${[...up, ...down].join(' ')}"/>`
    })
    .join('')
  const marks = dots
    ? series
        .flatMap((s) =>
          s.points.map((p) => {
            const [cx, cy] = at(p).split(',')
            const share = (p.weight ?? 1) / Math.max(...s.points.map((q) => q.weight ?? 1))
            return `<circle cx="${cx}" cy="${cy}" r="${(1.5 + 6 * Math.sqrt(share)).toFixed(1)}" fill="${s.colour}"/>`
          }),
        )
        .join('')
    : ''
  const body = `${field(scale)}<line x1="${LEFT}" y1="${TOP + FIELD}" x2="${LEFT + FIELD}" y2="${TOP}" class="diagonal"/>${areas}${ticks}${series.map((s) => polyline(s, at)).join('')}${marks}${axisTitles(scale, axes)}`
  return figure(title, body, scale, small ? 'small' : '')
}

/** Lines over epochs; `mark` is a vertical line at the epoch whose weights were kept. */
export function curvePlot(
  title: string,
  series: readonly Series[],
  { mark, y }: { mark: number; y?: readonly [number, number] },
): string {
  const points = series.flatMap((s) => s.points)
  const last = Math.max(2, ...points.map((p) => p.x))
  const top = Math.max(...points.map((p) => p.y))
  const scale: Scale = { width: FIELD, height: 150, x: [1, last], y: y ?? [0, top * 1.05] }
  const at = placer(scale)
  const [bottom, peak] = scale.y
  const ticks = [0, 0.5, 1]
    .map((t) => {
      const value = bottom + t * (peak - bottom)
      return text(LEFT - 6, TOP + (1 - t) * scale.height + 4, value.toFixed(2), 'end')
    })
    .join('')
  const epochs = [1, Math.round((1 + last) / 2), last]
    .map((e) => text(Number(at({ x: e, y: bottom }).split(',')[0]), TOP + scale.height + 15, String(e)))
    .join('')
  const kept = at({ x: mark, y: bottom }).split(',')[0]
  const legend = series
    .map((s, i) =>
      text(LEFT + i * 92, TOP + scale.height + 38, `— ${s.name}`, 'start', `style="fill:${s.colour}"`),
    )
    .join('')
  const body = `${field(scale)}<line x1="${kept}" y1="${TOP}" x2="${kept}" y2="${TOP + scale.height}" class="grid"/>${ticks}${epochs}${series.map((s) => polyline(s, at)).join('')}${legend}`
  return figure(title, body, scale, 'small')
}

/** One row an estimate: a dot with its interval. The first row is the one that the others are compared with. */
export function intervalPlot(
  title: string,
  rows: readonly { name: string; value: number; low: number; high: number }[],
  range: readonly [number, number],
  colour: string,
): string {
  const [names, row] = [210, 24]
  const width = FIELD + 120
  const x = (v: number) =>
    names + ((Math.min(range[1], Math.max(range[0], v)) - range[0]) / (range[1] - range[0])) * width
  const height = rows.length * row
  const ticks = [0, 0.25, 0.5, 0.75, 1]
    .map((t) => {
      const v = range[0] + t * (range[1] - range[0])
      return `<line x1="${x(v)}" y1="${TOP}" x2="${x(v)}" y2="${TOP + height}" class="grid"/>${text(x(v), TOP + height + 15, v.toFixed(2))}`
    })
    .join('')
  const lines = rows
    .map((r, i) => {
      const y = TOP + (i + 0.5) * row
      const paint = i === 0 ? colour : '#77828c'
      return `${text(names - 12, y + 4, r.name, 'end', i === 0 ? 'font-weight="600"' : '')}<line x1="${x(r.low)}" y1="${y}" x2="${x(r.high)}" y2="${y}" stroke="${paint}" stroke-width="2"/><circle cx="${x(r.value)}" cy="${y}" r="4.5" fill="${paint}"/>`
    })
    .join('')
  const box = { width: names + width + 24, height: height + TOP + 24 }
  return `<figure class="wide"><svg viewBox="0 0 ${box.width} ${box.height}" role="img" aria-label="${escapeHtml(title)}">${ticks}${lines}</svg><figcaption>${escapeHtml(title)}</figcaption></figure>`
}

/** Rows true, columns predicted; shaded by the share of the row. */
export function matrixPlot(
  title: string,
  labels: readonly string[],
  matrix: readonly (readonly number[])[],
): string {
  const scale: Scale = { width: FIELD, height: FIELD, x: [0, 1], y: [0, 1] }
  const cell = FIELD / labels.length
  const cells = matrix
    .flatMap((row, r) => {
      const total = row.reduce((a, b) => a + b, 0)
      return row.map((count, c) => {
        const share = total > 0 ? count / total : 0
        const [x, y] = [LEFT + c * cell, TOP + r * cell]
        const ink = `style="fill:${share > 0.5 ? '#fff' : '#16202a'}`
        return `<rect x="${x}" y="${y}" width="${cell}" height="${cell}" fill="rgb(20 70 140)" fill-opacity="${share.toFixed(3)}" stroke="#cfd6dc"/>${text(x + cell / 2, y + cell / 2 - 2, String(count), 'middle', `${ink};font-weight:600"`)}${text(x + cell / 2, y + cell / 2 + 14, `${(100 * share).toFixed(0)} %`, 'middle', `${ink};font-size:10px"`)}`
      })
    })
    .join('')
  const names = labels
    .map((l, i) => {
      const place = `transform="translate(${LEFT - 6} ${TOP + (i + 0.5) * cell}) rotate(-90)" style="font-size:10px"`
      return (
        text(LEFT + (i + 0.5) * cell, TOP + FIELD + 14, l, 'middle', 'style="font-size:10px"') +
        text(0, 0, l, 'middle', place)
      )
    })
    .join('')
  return figure(title, `${cells}${names}${axisTitles(scale, { x: 'predicted', y: 'true' })}`, scale, '')
}

const field = ({ width, height }: Scale): string =>
  `<rect x="${LEFT}" y="${TOP}" width="${width}" height="${height}" class="field"/>`

const axisTitles = ({ width, height }: Scale, axes: { x: string; y: string }): string =>
  text(LEFT + width / 2, TOP + height + 34, axes.x) +
  text(0, 0, axes.y, 'middle', `transform="translate(12 ${TOP + height / 2}) rotate(-90)"`)

const figure = (title: string, body: string, { width, height }: Scale, kind: string): string =>
  `<figure${kind && ` class="${kind}"`}><svg viewBox="0 0 ${LEFT + width + RIGHT} ${TOP + height + BOTTOM}" role="img" aria-label="${escapeHtml(title)}">${body}</svg><figcaption>${escapeHtml(title)}</figcaption></figure>`
