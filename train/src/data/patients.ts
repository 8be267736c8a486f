import { joinGroups } from './near-duplicates.ts'
import type { ImageRecord } from './record.ts'

/**
 * One patient's images in one group, whatever groups and folders a table has them in: a group may be a study, and a patient of whom one study trains
 * and another one tests makes test figures too good. The joined group is called as the first of them.
 */
export function joinPatients(records: readonly ImageRecord[]): ImageRecord[] {
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
