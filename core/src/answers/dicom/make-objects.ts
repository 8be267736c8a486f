import type { DicomObjectKind } from '../../api/dicom-objects.ts'
import { AppError } from '../../api/problem.ts'

/**
 * The objects that were chosen for all images, of one of them, each once. What cannot be made of this image, such as a grayscale presentation state of a
 * colour image, is left out: the others are made.
 * @param make a Part 10 file
 * @throws AppError not-acceptable where none can be made
 * @example const files = await makeObjects(['sr', 'gsps'], (kind) => MAKE[kind](answer))
 */
export async function makeObjects(
  kinds: readonly DicomObjectKind[],
  make: (kind: DicomObjectKind) => Promise<Uint8Array<ArrayBuffer>>,
): Promise<Uint8Array<ArrayBuffer>[]> {
  const files: Uint8Array<ArrayBuffer>[] = []
  let refused: AppError | undefined
  // One after another: each holds a picture while it is made.
  for (const kind of new Set(kinds))
    try {
      files.push(await make(kind))
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'not-acceptable')) throw error
      refused = error
    }
  if (files.length === 0 && refused) throw refused
  return files
}
