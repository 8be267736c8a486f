import type { Quality } from '../../gate/verdict.ts'

/** Where an image's rows and columns go to in the patient (PS3.3, C.7.6.1.1.1), such as L and F. */
export type Orientation = readonly [rows: string, columns: string]

const OPPOSITES: Readonly<Record<string, string>> = { A: 'P', P: 'A', F: 'H', H: 'F', L: 'R', R: 'L' }

/** The other end of a direction. */
export const opposite = (direction: string): string =>
  Array.from(direction, (letter) => OPPOSITES[letter] ?? '').join('')

/** The orientation of an image as it is shown, after it was put upright. */
export function shownOrientation(
  stated: Orientation | undefined,
  corrected: Quality['corrected'],
): Orientation | undefined {
  if (!stated) return undefined
  const [rows, columns] = stated
  if (corrected === 'rotated-180') return [opposite(rows), opposite(columns)]
  // What lay turned clockwise is shown turned back: its right side is the top again.
  if (corrected === 'rotated-90') return [columns, opposite(rows)]
  if (corrected === 'rotated-270') return [opposite(columns), rows]
  return stated
}
