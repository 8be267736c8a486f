import { signal } from '@preact/signals'
import type { Examination, Result } from '../engine/types.ts'
import { sheetPicture } from '../viewer/sheet-picture.ts'
import type { Item } from './items.ts'
import { picture } from './pictures.ts'

/** A page of paper: an image that was scored, with the heat map of the class that the decision names first. */
export type Sheet = {
  readonly item: Item
  readonly result: Result
  readonly picture: string
  readonly examination: Examination | undefined
}

/** Pages that are made ready, and how many there will be; undefined while nothing is printed. */
export const printing = signal<{ readonly all: number; readonly sheets: readonly Sheet[] } | undefined>(
  undefined,
)

/**
 * Prints a page of each image that was scored. The pictures are read one after the other: many at once would not fit into memory.
 * @returns when the browser's dialog was closed
 */
export async function printAll(items: readonly Item[]): Promise<void> {
  const scored = items.filter((item) => item.result !== undefined)
  if (scored.length === 0 || printing.peek()) return
  printing.value = { all: scored.length, sheets: [] }
  try {
    for (const item of scored) {
      const result = item.result!
      const read = await picture(item)
      const { examination } = read
      const url = URL.createObjectURL(await sheetPicture(read, result, result.decision.leading))
      printing.value = {
        all: scored.length,
        sheets: [...printing.value.sheets, { item, result, picture: url, examination }],
      }
    }
    await Promise.all(
      Array.from(document.querySelectorAll<HTMLImageElement>('.sheet img'), (image) => image.decode()),
    )
    window.print()
  } finally {
    for (const sheet of printing.value.sheets) URL.revokeObjectURL(sheet.picture)
    printing.value = undefined
  }
}
