/** Of each output column of an area average: its first and last source column, and how much of them it covers. */
export type Columns = {
  readonly first: Int32Array
  readonly last: Int32Array
  readonly firstWeight: Float64Array
  readonly lastWeight: Float64Array
}

/** The loops of an area average (`AreaReducer`). */
export type AreaLoops = {
  /** Row-major, as many columns as `Columns` has; to be asked for after the last row. */
  readonly out: Float64Array
  /** Sums the columns of the row that begins at `samples[offset]`. @param levels what each sample stands for, if not itself */
  sum(samples: Uint8Array | Uint16Array, offset: number, levels?: Uint16Array): void
  /** Adds these sums, times `weight`, to output row `j`. */
  add(j: number, weight: number): void
  /** To be called once, when `out` is no longer needed. */
  release(): void
}

/** Rows of one pass of a PNG: bytes a row without the filter byte. */
export type PassSize = { readonly bytes: number; readonly rows: number }

/** Where PNG rows lie that were put together at once. */
export type PngRows = {
  /** All passes one behind the other, without filter bytes; valid until `release`. */
  readonly bytes: Uint8Array
  release(): void
}

/**
 * What takes the most time of a large image, in WebAssembly. Core does the same itself, bit for bit, where a runtime has none of it, and where
 * it says no.
 */
export type Raster = {
  /**
   * Inflates a zlib stream (RFC 1950) that is there as a whole, and undoes the row filters.
   * @param words whether rows are big-endian words, to be given out as words of this machine
   * @returns undefined where the data are damaged, or are not just these rows, or there is no memory: whoever asks goes over them piece by piece, which says what is wrong
   */
  pngRows(
    compressed: readonly Uint8Array[],
    passes: readonly PassSize[],
    bytesPerPixel: number,
    words: boolean,
  ): PngRows | undefined
  /**
   * @param rows of the output
   * @param width of a source row, in samples
   * @returns undefined if there is no memory
   */
  areaLoops(columns: Columns, rows: number, width: number): AreaLoops | undefined
}
