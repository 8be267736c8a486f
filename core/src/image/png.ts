import { checkMemory } from './check-limits.ts'
import type { RuntimeCodecs } from './codecs.ts'
import type { DecodeOptions } from './decode-options.ts'
import type { FileRemark } from './file-remark.ts'
import type { ImageSource } from './image-source.ts'
import { COLOUR_TYPES, readChunks } from './png-chunks.ts'
import { inflateRows } from './png-inflate.ts'
import { type PngLayout, rowReader } from './png-samples.ts'
import type { PngRows } from './raster.ts'
import type { RowSink } from './row-sink.ts'
import { TurningSink } from './turning-sink.ts'

/**
 * PNG → grey, turned upright by its eXIf orientation. Colour becomes BT.601 luma; gamma and colour profiles are left alone; transparency is laid over black.
 */
export async function readPng(
  bytes: Uint8Array,
  { limits, codecs }: DecodeOptions,
  to: RowSink,
): Promise<ImageSource> {
  const chunks = readChunks(bytes, limits)
  const { width, height, bits, type, interlaced, palette, transparency, data, orientation } = chunks
  const turning = orientation >= 2 && orientation <= 8 ? new TurningSink(orientation, to) : undefined
  const sink = turning ?? to
  const kind = COLOUR_TYPES[type]!
  const layout: PngLayout = { ...kind, bits, palette, transparency }
  const size = { width, height, bits: kind.colour === 'palette' ? 8 : bits }
  const held = (interlaced ? 2 : 0) + sink.waiting(size)
  const memory = bytes.length + width * height * held
  checkMemory(memory, interlaced ? 'an interlaced PNG' : 'a PNG', limits)
  sink.start(size)
  const raster = { width, height, layout, interlaced, data }
  const { whole, chroma } = await pushRows(raster, sink, codecs, limits.maxMemory - memory)
  turning?.finish()
  const { colour } = kind
  const alpha = kind.alpha || transparency !== undefined
  const remarks: FileRemark[] = whole && chunks.ended ? [] : ['end-missing']
  return { format: 'png', width, height, bits, colour, alpha, chroma, remarks }
}

/** What the rows of a PNG's image data are. */
type PngRaster = {
  readonly width: number
  readonly height: number
  readonly layout: PngLayout
  readonly interlaced: boolean
  /** The bodies of the IDAT chunks. */
  readonly data: readonly Uint8Array[]
}

/** A pass: its first column and row, the steps between its columns and its rows, and how many there are. */
type Pass = {
  readonly x: number
  readonly y: number
  readonly dx: number
  readonly dy: number
  readonly columns: number
  /** Bytes a row, without the filter byte. */
  readonly bytes: number
  readonly rows: number
}

/** Adam7: first column, first row, column step, row step of each pass. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const

const ONE_PASS = [[0, 0, 1, 1]] as const

/** Of a large radiograph, 2500 × 3000 pixels of 16 bits, there are 15 MB; what has more comes piece by piece. */
const AT_ONCE_BYTES = 1 << 25

/**
 * Rows → grey samples → sink. At once where the runtime has a raster and the memory allows; else piece by piece: two rows are then held, or the image
 * if it is interlaced.
 * @param memory bytes that may be taken beside those that were counted before
 * @returns whether the data end as they must, and the mean colour spread
 */
async function pushRows(
  png: PngRaster,
  sink: RowSink,
  codecs: RuntimeCodecs,
  memory: number,
): Promise<{ whole: boolean; chroma: number }> {
  const { width, height, layout, interlaced, data } = png
  const passes = passesOf(png)
  const bytesPerPixel = Math.max(1, (layout.channels * layout.bits) >> 3)
  const plain = isPlain(png)
  const inflated = sum(passes.map(({ bytes, rows }) => rows * (1 + bytes)))
  const needed = 1.2 * (inflated + sum(data.map(({ length }) => length)))
  const raster = inflated <= AT_ONCE_BYTES && needed <= memory ? await codecs.raster?.(memory) : undefined
  const words = plain && layout.bits === 16
  const rows = raster?.pngRows(data, passes, bytesPerPixel, words)
  if (rows && plain) {
    pushPlain(rows, words, height, sink)
    return { whole: true, chroma: 0 }
  }
  // Rows of one pass go on as they come; those of several are put together first.
  const samples = new Uint16Array(interlaced ? width * height : width + (width & 1))
  const reader = rowReader(layout, samples)
  const onRow = (row: Uint8Array, number: number, y: number) => {
    const pass = passes[number]!
    if (interlaced) reader.read(row, pass.columns, (pass.y + y * pass.dy) * width + pass.x, pass.dx)
    else {
      reader.read(row, pass.columns, 0, 1)
      sink.push(samples, 0, 1)
    }
  }
  if (rows) eachRow(rows, passes, onRow)
  const { whole } = rows ? { whole: true } : await inflateRows(data, passes, bytesPerPixel, onRow)
  if (interlaced) sink.push(samples, 0, height)
  return { whole, chroma: reader.chroma(width * height) }
}

/** Whether the rows are the samples: grey, of whole bytes. */
const isPlain = ({ layout, interlaced }: PngRaster) =>
  layout.colour === 'grey' &&
  !layout.alpha &&
  layout.transparency === undefined &&
  layout.bits >= 8 &&
  !interlaced

function passesOf({ width, height, layout, interlaced }: PngRaster): Pass[] {
  return (interlaced ? ADAM7 : ONE_PASS)
    .map(([x, y, dx, dy]) => {
      const columns = Math.ceil((width - x) / dx)
      const bytes = Math.ceil((columns * layout.channels * layout.bits) / 8)
      return { x, y, dx, dy, columns, bytes, rows: Math.ceil((height - y) / dy) }
    })
    .filter(({ columns, rows }) => columns > 0 && rows > 0)
}

function pushPlain({ bytes, release }: PngRows, words: boolean, height: number, sink: RowSink): void {
  try {
    sink.push(words ? new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1) : bytes, 0, height)
  } finally {
    release()
  }
}

function eachRow(
  rows: PngRows,
  passes: readonly Pass[],
  onRow: (row: Uint8Array, pass: number, y: number) => void,
): void {
  try {
    let at = 0
    for (const [number, pass] of passes.entries()) {
      for (let y = 0; y < pass.rows; y++, at += pass.bytes) {
        onRow(rows.bytes.subarray(at, at + pass.bytes), number, y)
      }
    }
  } finally {
    rows.release()
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0)
