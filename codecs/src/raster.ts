import type { RuntimeCodecs } from '@detl/core/image/codecs'
import type { AreaLoops, Columns, PassSize, PngRows } from '@detl/core/image/raster'
import type { Samples } from '@detl/core/image/row-sink'
import { loadOnce } from './load-once.ts'

/** Exports of raster/raster.c. Addresses are those of `memory`. */
type Exports = {
  readonly memory: WebAssembly.Memory
  _initialize(): void
  allocate(bytes: number): number
  release(address: number): void
  inflate(from: number, bytes: number, to: number, inflated: number): number
  unfilter(
    from: number,
    to: number,
    empty: number,
    bytes: number,
    rows: number,
    bpp: number,
    words: number,
  ): number
  columns_bytes(count: number): number
  sum_words(row: number, columns: number, count: number, sums: number): void
  sum_bytes(row: number, columns: number, count: number, sums: number): void
  levels_of_words(row: number, levels: number, to: number, width: number): void
  levels_of_bytes(row: number, levels: number, to: number, width: number): void
  add_row(out: number, sums: number, count: number, weight: number): void
}

/** How many bytes behind a row the loops may read, and before one that is unfiltered in its place. */
const SLACK = 16

/** A larger memory is not kept for the next image: WebAssembly's never shrinks, and a Worker has 128 MB for all. */
const KEPT_BYTES = 40 * 2 ** 20

/**
 * The raster of a runtime: one memory for all images that are read at a time.
 * @param module compiled at the first call
 * @returns undefined on a machine whose words are not in the order of WebAssembly's
 */
export function rasterOf(module: () => Promise<WebAssembly.Module>): RuntimeCodecs['raster'] {
  if (new Uint8Array(Uint16Array.of(1).buffer)[0] !== 1) return undefined
  const compiled = loadOnce(module)
  const start = async () => new Heap(await instantiate(await compiled()))
  let heap: Promise<Heap> | undefined
  return async (room) => {
    const fits = await heap?.then((held) => held.fits(Math.min(room, KEPT_BYTES))).catch(() => false)
    if (!fits) heap = start()
    const kept = await heap!
    return {
      pngRows: (...of) => pngRows(kept, ...of),
      areaLoops: (...of) => WasmLoops.of(kept, ...of),
    }
  }
}

async function instantiate(module: WebAssembly.Module): Promise<Exports> {
  const { exports } = await WebAssembly.instantiate(module, {
    env: { emscripten_notify_memory_growth: () => undefined },
  })
  const raster = exports as unknown as Exports
  raster._initialize()
  return raster
}

/** Blocks of the memory. Views of it end when another block is taken: it may then grow, which gives it a new buffer. */
class Heap {
  readonly exports: Exports
  private taken = 0

  constructor(exports: Exports) {
    this.exports = exports
  }

  get buffer(): ArrayBuffer {
    return this.exports.memory.buffer
  }

  /** Whether it is to be used on; one that is too large is, while there are blocks of it. */
  fits(room: number): boolean {
    return this.taken > 0 || this.buffer.byteLength <= room
  }

  /** One block for parts of so many bytes. @returns where each begins, at multiples of 16; undefined if there is no memory for them */
  take<const P extends Readonly<Record<string, number>>>(parts: P): Block<P> | undefined {
    const block = this.exports.allocate(sum(Object.values(parts).map(aligned)))
    if (block === 0) return undefined
    this.taken++
    let at = block
    const entries = Object.entries(parts).map(([name, bytes]) => {
      const start = at
      at += aligned(bytes)
      return [name, start]
    })
    const release = () => {
      this.taken--
      this.exports.release(block)
    }
    return { at: Object.fromEntries(entries) as Record<keyof P, number>, release }
  }

  bytes(address: number, length: number): Uint8Array {
    return new Uint8Array(this.buffer, address, length)
  }
}

type Block<P> = { readonly at: Readonly<Record<keyof P, number>>; readonly release: () => void }

const aligned = (bytes: number) => 16 * Math.ceil(bytes / 16)
const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0)

function pngRows(
  heap: Heap,
  compressed: readonly Uint8Array[],
  passes: readonly PassSize[],
  bytesPerPixel: number,
  words: boolean,
): PngRows | undefined {
  const inflated = sum(passes.map(({ bytes, rows }) => rows * (1 + bytes)))
  const stream = sum(compressed.map(({ length }) => length))
  const empty = Math.max(...passes.map(({ bytes }) => bytes)) + SLACK
  // Rows without their filter bytes are put before those with them: they overtake none.
  const block = heap.take({ rows: SLACK, inflated: inflated + SLACK, stream, empty })
  if (block === undefined) return undefined
  const { at, release } = block
  let to = at.stream
  for (const piece of compressed) {
    heap.bytes(to, piece.length).set(piece)
    to += piece.length
  }
  heap.bytes(at.empty, empty).fill(0)
  let sound = heap.exports.inflate(at.stream, stream, at.inflated, inflated) === 1
  let from = at.inflated
  to = at.rows
  for (const { bytes, rows } of passes) {
    sound &&= heap.exports.unfilter(from, to, at.empty, bytes, rows, bytesPerPixel, Number(words)) === 1
    from += rows * (1 + bytes)
    to += rows * bytes
  }
  if (sound) return { bytes: heap.bytes(at.rows, to - at.rows), release }
  release()
  return undefined
}

const MOST_LEVELS = 65_536
/** What a block of `WasmLoops` holds; `row` and `mapped`: a row that does not lie in this memory, and the levels of one. */
type Part = 'columns' | 'sums' | 'out' | 'row' | 'mapped' | 'table'

class WasmLoops implements AreaLoops {
  readonly release: () => void
  private readonly heap: Heap
  private readonly at: Readonly<Record<Part, number>>
  private readonly count: number
  private readonly rows: number
  private readonly width: number
  private levels: Uint16Array | undefined

  static of(heap: Heap, columns: Columns, rows: number, width: number): WasmLoops | undefined {
    const count = columns.first.length
    const block = heap.take({
      columns: heap.exports.columns_bytes(count),
      sums: 8 * count,
      out: 8 * count * rows,
      row: 2 * width + SLACK,
      mapped: 2 * width + SLACK,
      table: 2 * MOST_LEVELS,
    })
    return block && new WasmLoops(heap, block, columns, rows, width)
  }

  private constructor(
    heap: Heap,
    block: Block<Record<Part, number>>,
    columns: Columns,
    rows: number,
    width: number,
  ) {
    this.heap = heap
    this.at = block.at
    this.release = block.release
    this.count = columns.first.length
    this.rows = rows
    this.width = width
    heap.bytes(this.at.columns, heap.exports.columns_bytes(this.count)).fill(0)
    let to = this.at.columns
    for (const part of [columns.first, columns.last, columns.firstWeight, columns.lastWeight]) {
      heap.bytes(to, part.byteLength).set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength))
      to += aligned(part.byteLength)
    }
    heap.bytes(this.at.out, 8 * this.count * rows).fill(0)
  }

  get out(): Float64Array {
    return new Float64Array(this.heap.buffer, this.at.out, this.count * this.rows)
  }

  sum(samples: Samples, offset: number, levels?: Uint16Array): void {
    const { at, count, width } = this
    const { sum_words, sum_bytes, levels_of_words, levels_of_bytes } = this.heap.exports
    const words = samples.BYTES_PER_ELEMENT === 2
    const row = this.rowOf(samples, offset)
    if (levels !== undefined) {
      this.keep(levels)
      const map = words ? levels_of_words : levels_of_bytes
      map(row, at.table, at.mapped, width)
      sum_words(at.mapped, at.columns, count, at.sums)
    } else if (words) sum_words(row, at.columns, count, at.sums)
    else sum_bytes(row, at.columns, count, at.sums)
  }

  add(j: number, weight: number): void {
    this.heap.exports.add_row(this.at.out + 8 * this.count * j, this.at.sums, this.count, weight)
  }

  /** Where the row lies; it is copied here if it does not lie in this memory. */
  private rowOf(samples: Samples, offset: number): number {
    const { heap, at, width } = this
    const size = samples.BYTES_PER_ELEMENT
    const start = samples.byteOffset + size * offset
    if (samples.buffer === heap.buffer) return start
    heap.bytes(at.row, size * width).set(new Uint8Array(samples.buffer, start, size * width))
    return at.row
  }

  /** A table that was used for the row before is there already. */
  private keep(levels: Uint16Array): void {
    if (levels === this.levels) return
    new Uint16Array(this.heap.buffer, this.at.table, levels.length).set(levels)
    this.levels = levels
  }
}
