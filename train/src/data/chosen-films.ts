import type { ImageRecord } from './record.ts'

/** Which films of a large collection a model is judged on. */
export type Choice = {
  /** Of images that have a tier, those of these ones; undefined: all. */
  readonly tiers: readonly string[] | undefined
  /** Images of a dataset and class at most. */
  readonly most: number
}

/** Images with a class, of each dataset and class `most` at most, evenly over the order that they come in. */
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
