import { AppError } from '../../api/problem.ts'
import { joinBytes } from '../../base/join-bytes.ts'

export type Jpeg2000Header = {
  readonly width: number
  readonly height: number
  readonly components: number
  /** How often the image can be halved. */
  readonly levels: number
  /** Behind the last tile-part; undefined where that reaches to the end, by its header, or tiles are missing. */
  readonly end: number | undefined
}

/** More than any encoder makes of 26 million pixels; decoders keep an object for each of them. */
const MAX = { tiles: 4096, tileParts: 65_536, precincts: 65_536, blocks: 200_000, packets: 1_000_000 }

type Size = { readonly width: number; readonly height: number; readonly tiles: number }

/**
 * The headers of a JPEG 2000 or HTJ2K codestream (ITU-T T.800 annex A), with what the standard and DICOM demand of them for
 * one component: decoders run for ever on some headers that break these rules, and for long on some that keep them.
 */
export function readJpeg2000Header(bytes: Uint8Array): Jpeg2000Header {
  if (bytes.length < 45) throw damaged('its JPEG 2000 header is incomplete')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const size = readSiz(view)
  let levels: number | undefined
  const at = readSegments(view, 2, 0x90, (marker, from, end) => {
    const style = readStyle(view, marker, from, end)
    if (style === undefined) return
    checkCost(style, size)
    if (marker === 0x52) levels = style.levels
  })
  if (levels === undefined) throw damaged('its JPEG 2000 header has no coding style')
  const { tiles, end } = readTileParts(view, at, size)
  const { width, height, components } = size
  return { width, height, components, levels, end: tiles < size.tiles ? undefined : end }
}

/** Tile-parts (A.4.2), which may have styles of their own. @returns how many tiles they are of, and where the last one ends */
function readTileParts(view: DataView, from: number, size: Size): { tiles: number; end: number | undefined } {
  const tiles = new Set<number>()
  let at = from
  for (let parts = 0; at + 12 <= view.byteLength && view.getUint16(at) === 0xff90; parts++) {
    if (parts === MAX.tileParts) throw tooCostly('tile-parts')
    readSegments(view, at, 0x93, (marker, start, end) => {
      const style = readStyle(view, marker, start, end)
      if (style !== undefined) checkCost(style, size)
    })
    tiles.add(view.getUint16(at + 4))
    const length = view.getUint32(at + 6)
    if (length < 14) return { tiles: tiles.size, end: undefined } // 0: to the end
    at += length
  }
  return { tiles: tiles.size, end: at }
}

/**
 * The stream up to its end marker (EOC, A.4.4), or with one where it has none but all of its tile-parts.
 * @param end as `readJpeg2000Header` says
 * @throws AppError if data are missing
 */
export function endOfJpeg2000(
  bytes: Uint8Array,
  end: number | undefined,
): { stream: Uint8Array; ended: boolean } {
  const closes = (at: number) => bytes[at] === 0xff && bytes[at + 1] === 0xd9
  if (end !== undefined && closes(end)) return { stream: bytes.subarray(0, end + 2), ended: true }
  let last = bytes.length
  while (last > 0 && bytes[last - 1] === 0) last--
  if (closes(last - 2)) return { stream: bytes.subarray(0, last), ended: true }
  if (end === undefined || end > bytes.length) throw damaged('its JPEG 2000 data end early')
  return { stream: joinBytes([bytes.subarray(0, end), Uint8Array.of(0xff, 0xd9)]), ended: false }
}

/** Bit 14 of Rsiz: code blocks are coded by part 15 (ITU-T T.814 A.2). */
export const isHighThroughput = (stream: Uint8Array): boolean => (stream[6]! & 0x40) !== 0

/** Marker segments from `at` up to the marker `last`. @returns where that is */
function readSegments(
  view: DataView,
  at: number,
  last: number,
  onSegment: (marker: number, from: number, end: number) => void,
): number {
  for (;;) {
    if (at + 2 > view.byteLength) return at
    const marker = view.getUint16(at) - 0xff00
    if (marker === last) return at
    const end = at + 4 <= view.byteLength ? at + 2 + view.getUint16(at + 2) : Number.POSITIVE_INFINITY
    if (marker < 0x4f || end < at + 4 || end > view.byteLength)
      throw damaged('its JPEG 2000 header is incomplete')
    onSegment(marker, at + 4, end)
    at = end
  }
}

/** SIZ (A.5.1). */
function readSiz(view: DataView): Size & { readonly components: number } {
  const axis = (at: number) => {
    const [end, from, tile, tileFrom] = [at, at + 8, at + 16, at + 24].map((p) => view.getUint32(p)) as [
      number,
      number,
      number,
      number,
    ]
    if (from >= end || tile === 0 || tileFrom > from || tileFrom + tile <= from) {
      throw damaged('its JPEG 2000 tiles do not cover the image')
    }
    return { length: end - from, tiles: Math.ceil((end - tileFrom) / tile) }
  }
  const [x, y] = [axis(8), axis(12)]
  const tiles = x.tiles * y.tiles
  if (tiles > MAX.tiles) throw tooCostly('tiles')
  const components = view.getUint16(40)
  const [depth, stepX, stepY] = [42, 43, 44].map((at) => view.getUint8(at))
  if (components === 1 && ((depth! & 127) >= 16 || stepX !== 1 || stepY !== 1)) {
    throw damaged('its JPEG 2000 component is subsampled or deeper than 16 bits')
  }
  return { width: x.length, height: y.length, tiles, components }
}

type Style = {
  readonly layers: number
  readonly levels: number
  /** Exponents of a code block's sides. */
  readonly block: readonly [width: number, height: number]
  /** Exponents of the precincts' sides, from the lowest resolution up; 15 and 15 where there are none. */
  readonly precincts: readonly (readonly [width: number, height: number])[]
}

/** COD (A.6.1) or COC (A.6.2); undefined for any other segment. */
function readStyle(view: DataView, marker: number, from: number, end: number): Style | undefined {
  if (marker !== 0x52 && marker !== 0x53) return undefined
  const whole = marker === 0x52
  const at = whole ? from + 5 : from + 2
  if (at + 5 > end) throw damaged('its JPEG 2000 coding style is incomplete')
  const levels = view.getUint8(at)
  const block = [view.getUint8(at + 1), view.getUint8(at + 2)] as const
  // Code blocks: 2^(n + 2) a side, at most 1,024, and 4,096 samples in all (table A.18).
  if (levels > 32 || block[0] > 8 || block[1] > 8 || block[0] + block[1] > 8) {
    throw damaged('its JPEG 2000 coding style does not exist')
  }
  const own = (view.getUint8(whole ? from : from + 1) & 1) === 1
  if (own && at + 6 + levels > end) throw damaged('its JPEG 2000 coding style is incomplete')
  const precincts = Array.from({ length: levels + 1 }, (_, r) => {
    const sides = own ? view.getUint8(at + 5 + r) : 0xff
    return [sides & 15, sides >> 4] as const
  })
  const layers = whole ? view.getUint16(from + 2) : 1
  return { layers, levels, block: [block[0] + 2, block[1] + 2], precincts }
}

/** Counts what a decoder keeps: a precinct of each tile and resolution at least, and the code blocks in them. */
function checkCost({ layers, levels, block, precincts }: Style, { width, height, tiles }: Size): void {
  let areas = 0
  let blocks = 0
  for (const [r, [px, py]] of precincts.entries()) {
    const [w, h] = [width, height].map((side) => Math.ceil(side / 2 ** (levels - r))) as [number, number]
    areas += Math.ceil(w / 2 ** px) * Math.ceil(h / 2 ** py) + tiles
    blocks += Math.ceil(w / 2 ** Math.min(px, block[0])) * Math.ceil(h / 2 ** Math.min(py, block[1])) + tiles
  }
  if (areas > MAX.precincts + tiles * (levels + 1)) throw tooCostly('precincts')
  if (blocks > MAX.blocks) throw tooCostly('code blocks')
  if (areas * layers > MAX.packets) throw tooCostly('packets')
}

const tooCostly = (what: string) =>
  new AppError('image-too-large', `a JPEG 2000 codestream of too many ${what}`)

/** Its own words: a codestream knows nothing of the object that it lies in. */
const damaged = (what: string) => new AppError('image-undecodable', `the image is damaged: ${what}`)
