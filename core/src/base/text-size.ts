import { AppError } from '../api/problem.ts'

/**
 * Bytes of a table, a list or a JSON file that is read whole: more than twice the largest tables of public collections, and half of what V8 takes
 * as one string.
 */
export const MOST_TEXT_BYTES = 2 ** 28

/** @throws AppError request-invalid that names the file */
export function checkTextSize(bytes: number, path: string): void {
  if (bytes > MOST_TEXT_BYTES)
    throw new AppError(
      'request-invalid',
      `${path} has ${bytes} bytes or more; of a table, list or JSON file ${MOST_TEXT_BYTES} are read`,
    )
}
