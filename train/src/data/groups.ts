/** Joins what shares a key or is a near-duplicate: the group of each item, named by its smallest index. */
export function joinGroups(keys: readonly string[], pairs: readonly (readonly [number, number])[]): number[] {
  const parent = keys.map((_, i) => i)
  const root = (i: number): number => {
    let r = i
    while (parent[r] !== r) r = parent[r]!
    parent[i] = r
    return r
  }
  const join = (a: number, b: number) => {
    const [ra, rb] = [root(a), root(b)]
    parent[Math.max(ra, rb)] = Math.min(ra, rb)
  }
  const first = new Map<string, number>()
  for (const [i, key] of keys.entries()) {
    const seen = first.get(key)
    if (seen === undefined) first.set(key, i)
    else join(seen, i)
  }
  for (const [a, b] of pairs) join(a, b)
  return keys.map((_, i) => root(i))
}

/**
 * One patient's images in one group, whatever groups and folders a table has them in: a group may be a study, and a patient of whom one study trains
 * and another one tests makes test figures too good. The joined group is called as the first of them.
 */
export function joinPatients<T extends { patient: string | undefined; group: string }>(
  records: readonly T[],
): T[] {
  const first = new Map<string, number>()
  const pairs = records.flatMap((r, i): [number, number][] => {
    const same = r.patient === undefined ? undefined : first.get(r.patient)
    if (r.patient !== undefined && same === undefined) first.set(r.patient, i)
    return same === undefined ? [] : [[same, i]]
  })
  const roots = joinGroups(
    records.map((r) => r.group),
    pairs,
  )
  return records.map((r, i) => ({ ...r, group: records[roots[i]!]!.group }))
}
