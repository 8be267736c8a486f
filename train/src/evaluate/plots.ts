import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import { escapeHtml } from './html.ts'

/**
 * The report's plots: Observable Plot, drawn to SVG text without a browser or a script, so that they print.
 * docs/decisions/0015 says why this library.
 */

type Point = { x: number; y: number }
/** `legend` names the line beside the others; `weight` makes a dot as large in area as it stands for. */
export type Line = { name: string; points: readonly Point[]; colour: string; dashed?: boolean }
export type Dot = Point & { weight: number }
export type Band = { x: number; low: number; high: number }
type Interval = { name: string; value: number; low: number; high: number }

const GREY = '#77828c'
const PALE = '#d6dce1'
const UNIT_TICKS = [0, 0.25, 0.5, 0.75, 1]

/**
 * A curve over a square whose axes run from 0 to 1, with the diagonal.
 * @param marks the curve with its band, or dots; what is given is drawn
 */
export function unitPlot(
  title: string,
  axes: { x: string; y: string },
  colour: string,
  {
    curve = [],
    band = [],
    dots = [],
  }: { curve?: readonly Point[]; band?: readonly Band[]; dots?: readonly Dot[] },
): string {
  const axis = (label: string) => ({
    domain: [0, 1],
    ticks: UNIT_TICKS,
    tickFormat: String,
    label,
    labelArrow: 'none' as const,
  })
  return figure(title, curve.length > 0 ? 'small' : '', {
    width: curve.length > 0 ? 243 : 320,
    height: curve.length > 0 ? 243 : 320,
    marginLeft: 48,
    marginBottom: 44,
    x: { ...axis(axes.x), labelAnchor: 'center' },
    y: { ...axis(axes.y), labelAnchor: 'center' },
    r: { range: [2, 8] },
    marks: [
      Plot.frame({ stroke: GREY }),
      Plot.line(
        UNIT_TICKS.map((x) => ({ x, y: x })),
        { x: 'x', y: 'y', stroke: PALE, strokeDasharray: '3 3' },
      ),
      Plot.areaY(band, { x: 'x', y1: 'low', y2: 'high', fill: colour, fillOpacity: 0.16 }),
      Plot.line(curve, { x: 'x', y: 'y', stroke: colour, strokeWidth: 1.8 }),
      Plot.line(dots, { x: 'x', y: 'y', stroke: colour, strokeWidth: 1.2 }),
      Plot.dot(dots, { x: 'x', y: 'y', r: 'weight', fill: colour }),
    ],
  })
}

/**
 * Lines over epochs, each named at its end.
 * @param kept the epoch whose weights were kept: a vertical line
 * @param range of the y axis; without it from 0 to a little above the highest point
 */
export function curvePlot(
  title: string,
  lines: readonly Line[],
  { kept, range }: { kept: number; range?: readonly [number, number] },
): string {
  const points = lines.flatMap((l) => l.points)
  const last = Math.max(2, ...points.map((p) => p.x))
  const epochs = [...new Set([1, Math.round((1 + last) / 2), last])]
  return figure(title, 'small', {
    width: 243,
    height: 190,
    marginLeft: 48,
    marginBottom: 44,
    x: {
      domain: [1, last],
      ticks: epochs,
      tickFormat: 'd',
      label: 'epoch',
      labelAnchor: 'center',
      labelArrow: 'none',
    },
    y: { domain: range ?? [0, 1.05 * Math.max(...points.map((p) => p.y))], ticks: 4, label: null },
    marks: [
      Plot.frame({ stroke: GREY }),
      Plot.ruleX([kept], { stroke: GREY, strokeDasharray: '3 3' }),
      ...lines.map((l) =>
        Plot.line(l.points, { x: 'x', y: 'y', stroke: l.colour, strokeDasharray: l.dashed ? '4 3' : 'none' }),
      ),
      ...lines.map((l, i) =>
        Plot.text([`— ${l.name}`], {
          frameAnchor: 'bottom-right',
          dx: -6,
          dy: -6 - 13 * (lines.length - 1 - i),
          fill: l.colour,
          stroke: 'white',
        }),
      ),
    ],
  })
}

/** One row an estimate: a dot with its interval. The first row is the one that the others are compared with. */
export function intervalPlot(
  title: string,
  rows: readonly Interval[],
  range: readonly [number, number],
  colour: string,
): string {
  const paint = (_: Interval, i: number) => (i === 0 ? colour : GREY)
  return figure(title, 'wide', {
    width: 510,
    height: rows.length * 24 + 40,
    marginLeft: 140,
    x: { domain: range, ticks: 5, tickFormat: '.2f', label: null, grid: true, clamp: true },
    y: { domain: rows.map((r) => r.name), label: null, tickSize: 0 },
    marks: [
      Plot.ruleY(rows, { x1: 'low', x2: 'high', y: 'name', stroke: paint, strokeWidth: 2 }),
      Plot.dot(rows, { x: 'value', y: 'name', r: 4.5, fill: paint }),
    ],
  })
}

/** Rows true, columns predicted; shaded by the share of the row. */
export function matrixPlot(
  title: string,
  labels: readonly string[],
  matrix: readonly (readonly number[])[],
): string {
  const cells = matrix.flatMap((row, r) => {
    const total = row.reduce((a, b) => a + b, 0)
    return row.map((count, c) => {
      const share = total > 0 ? count / total : 0
      return {
        truth: labels[r]!,
        predicted: labels[c]!,
        count,
        share,
        ink: share > 0.5 ? 'white' : '#16202a',
      }
    })
  })
  const lines = (label: string) => label.replace('_', '\n')
  const at = { x: 'predicted', y: 'truth', fill: 'ink' } as const
  return figure(title, '', {
    width: 320,
    height: 300,
    marginLeft: 74,
    marginBottom: 52,
    padding: 0,
    x: { domain: labels, label: 'predicted', labelArrow: 'none', tickSize: 0, tickFormat: lines },
    y: { domain: labels, label: 'true', labelArrow: 'none', tickSize: 0, tickFormat: lines },
    marks: [
      Plot.cell(cells, {
        x: 'predicted',
        y: 'truth',
        fill: '#14468c',
        fillOpacity: (c: { share: number }) => c.share,
        stroke: '#cfd6dc',
      }),
      Plot.text(cells, { ...at, text: (c: { count: number }) => `${c.count}`, dy: -6, fontWeight: 600 }),
      Plot.text(cells, { ...at, text: (c: { share: number }) => `${(100 * c.share).toFixed(0)} %`, dy: 8 }),
    ],
  })
}

const { document } = parseHTML('<html></html>')

/** Coordinates to a hundredth of a pixel: what lies behind that makes a page three times as large. */
const rounded = (svg: string): string =>
  svg.replace(/\d+\.\d{3,}/g, (n) => String(Number(Number(n).toFixed(2))))

function figure(title: string, kind: '' | 'small' | 'wide', options: Plot.PlotOptions): string {
  const svg = Plot.plot({
    className: 'plot',
    document: document as NonNullable<Plot.PlotOptions['document']>,
    ...options,
  })
  const label = escapeHtml(title)
  svg.setAttribute('role', 'img')
  svg.setAttribute('aria-label', title)
  return `<figure${kind && ` class="${kind}"`}>${rounded(svg.outerHTML)}<figcaption>${label}</figcaption></figure>`
}
