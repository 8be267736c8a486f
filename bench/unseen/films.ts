import type { ImageRecord } from '@detl/train/data/record'

export type Choice = {
  /** Of images that have a tier, those of these ones; absent: all. */
  tiers: readonly string[] | undefined
  /** Images of a collection and class at most. */
  most: number
}

/** Of each collection and class `most` films at most, evenly over the manifest's order: those that the unseen collections are judged on. */
export function chosenFilms(records: readonly ImageRecord[], { tiers, most }: Choice): ImageRecord[] {
  const cells = new Map<string, ImageRecord[]>()
  for (const r of records) {
    if (r.classB === undefined || (r.tier !== undefined && tiers && !tiers.includes(r.tier))) continue
    const key = `${r.dataset}/${r.classB}`
    cells.set(key, [...(cells.get(key) ?? []), r])
  }
  return [...cells.values()].flatMap((of) =>
    of.length <= most ? of : Array.from({ length: most }, (_, i) => of[Math.floor((i * of.length) / most)]!),
  )
}
