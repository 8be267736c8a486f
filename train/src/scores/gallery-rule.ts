import { isRight, type Scored } from './predictions.ts'

export const GALLERY_RULE =
  'Of each class, the first three test images that were recognised and the first three that were not, in the order of the sha256 of their files: an order that nobody chose.'
const PER_CELL = 3

/** The images that GALLERY_RULE names. */
export function galleryImages(test: readonly Scored[]): Scored[] {
  const ordered = [...test].sort((a, b) => (a.record.sha256 < b.record.sha256 ? -1 : 1))
  return (ordered[0]?.truths ?? []).flatMap((_, c) =>
    [true, false].flatMap((right) =>
      ordered.filter((s) => s.truths[c] === 1 && isRight(s) === right).slice(0, PER_CELL),
    ),
  )
}
