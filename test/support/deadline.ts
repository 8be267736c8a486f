/**
 * `promise`, or after `ms` an error that names what was waited for: a test that hangs says where.
 * @param what completes "… within N ms": `the edge to end`
 * @param context read when the time is up, for the error
 */
export async function within<T>(
  ms: number,
  what: string,
  promise: Promise<T>,
  context?: () => string,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`waited ${ms} ms for ${what}${context ? `:\n${context()}` : ''}`))
    }, ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
