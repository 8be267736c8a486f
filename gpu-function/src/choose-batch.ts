/**
 * Which jobs of a queue run next, as one batch of a size that has been warmed up.
 * The longest prefix that fills such a size exactly; where none does, the longest that fits, with idle rows up to the next size.
 * @param queue rows of each waiting job, oldest first; none above the largest size
 * @param sizes warmed-up batch sizes, ascending, starting with 1
 * @param join jobs are put together up to this many rows; a single job may be larger
 */
export function chooseBatch(
  queue: readonly number[],
  sizes: readonly number[],
  join: number,
): { jobs: number; rows: number } {
  let exact = { jobs: 0, rows: 0 }
  let fitting = { jobs: 0, rows: 0 }
  let total = 0
  for (const [i, rows] of queue.entries()) {
    total += rows
    if (i > 0 && total > join) break
    fitting = { jobs: i + 1, rows: total }
    if (sizes.includes(total)) exact = fitting
  }
  if (exact.jobs > 0) return exact
  return { jobs: fitting.jobs, rows: sizes.find((size) => size >= fitting.rows) ?? 0 }
}

/**
 * The largest batch that is worth waiting for: a doubling counts only if it makes a row at least a tenth cheaper. Where it does not (a
 * CPU is busy with one row already), joining only makes the first of a batch wait for the last.
 * @param msOf measured time of a run of that many rows
 */
export function worthwhileBatch(sizes: readonly number[], msOf: (rows: number) => number): number {
  let best = sizes[0]!
  for (const size of sizes) if (msOf(size) / size <= (0.9 * msOf(best)) / best) best = size
  return best
}

/** 1, 2, 4, … up to and with `maxRows`. */
export function batchSizes(maxRows: number): number[] {
  const sizes: number[] = []
  for (let size = 1; size < maxRows; size *= 2) sizes.push(size)
  return [...sizes, maxRows]
}
