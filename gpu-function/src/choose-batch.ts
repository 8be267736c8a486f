/**
 * Which jobs of a queue run next, as one batch of a size that has been warmed up.
 * The longest prefix that fills such a size exactly; where none does, the longest that fits, with idle rows up to the next size.
 * @param queue rows of each waiting job, oldest first; none above the largest size
 * @param sizes warmed-up batch sizes, ascending, starting with 1
 */
export function chooseBatch(
  queue: readonly number[],
  sizes: readonly number[],
): { jobs: number; rows: number } {
  const largest = sizes.at(-1) ?? 0
  let exact = { jobs: 0, rows: 0 }
  let fitting = { jobs: 0, rows: 0 }
  let total = 0
  for (const [i, rows] of queue.entries()) {
    total += rows
    if (total > largest) break
    fitting = { jobs: i + 1, rows: total }
    if (sizes.includes(total)) exact = fitting
  }
  if (exact.jobs > 0) return exact
  return { jobs: fitting.jobs, rows: sizes.find((size) => size >= fitting.rows) ?? 0 }
}

/** 1, 2, 4, … up to and with `maxRows`. */
export function batchSizes(maxRows: number): number[] {
  const sizes: number[] = []
  for (let size = 1; size < maxRows; size *= 2) sizes.push(size)
  return [...sizes, maxRows]
}
