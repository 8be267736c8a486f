import { findLeaks, type Leak } from '../data/leaks.ts'
import type { ImageRecord } from '../data/record.ts'
import { dataDigest } from '../data/record.ts'
import { readFolder } from '../data/sources/folder.ts'
import { groupedSplit, paperSplit, type Split } from '../data/split.ts'

type Counts = Record<string, number>

export type DataDescription = {
  images: number
  groups: number
  patients: number
  digest: string
  /** Images by dataset and class, view, age band; the class is Data-B's, or Data-A's where that is all there is. */
  classes: Counts
  views: Counts
  ages: Counts
  licences: Counts
  /** Files with the same bytes. */
  duplicates: { sha256: string; files: string[] }[]
  splits: { protocol: string; digest?: string; counts?: Counts; leaks: Leak[]; error?: string }[]
}

export function describeData(root: string, splitSeed: number): DataDescription {
  const records = readFolder(root)
  const classOf = (r: ImageRecord) => r.classB ?? (r.classA ? `${r.classA} (Data-A)` : 'none')
  const bySha = new Map<string, string[]>()
  for (const r of records) bySha.set(r.sha256, [...(bySha.get(r.sha256) ?? []), r.file])
  return {
    images: records.length,
    groups: new Set(records.map((r) => r.group)).size,
    patients: new Set(records.map((r) => r.patient)).size,
    digest: dataDigest(records),
    classes: count(records, (r) => `${r.dataset} × ${classOf(r)}`),
    views: count(records, (r) => `${r.dataset} × ${r.view}`),
    ages: count(records, (r) => `${classOf(r)} × ${ageBand(r.age)}`),
    licences: count(records, (r) => r.licence || 'not stated'),
    duplicates: [...bySha].filter(([, f]) => f.length > 1).map(([sha256, files]) => ({ sha256, files })),
    splits: [groupedSplit, paperSplit].map((make) => describeSplit(make, records, splitSeed)),
  }
}

function describeSplit(
  make: (records: readonly ImageRecord[], seed: number) => Split,
  records: readonly ImageRecord[],
  seed: number,
): DataDescription['splits'][number] {
  const protocol = make === paperSplit ? 'paper' : 'grouped'
  try {
    const split = make(records, seed)
    const counts: Counts = {
      'Data-A training': split.pretrain.train.length,
      'Data-A validation': split.pretrain.validation.length,
      ...Object.fromEntries(
        split.folds.map((f, k) => [
          `fold ${k} training / validation / test`,
          f.train.length + f.validation.length + f.test.length,
        ]),
      ),
      external: split.external.length,
      ...split.leftOut,
    }
    return { protocol, digest: split.digest, counts, leaks: findLeaks(split, records) }
  } catch (error) {
    return { protocol, leaks: [], error: (error as Error).message } // too few images for the protocol: worth saying, not fatal
  }
}

export function printDescription(d: DataDescription): string {
  const block = (title: string, counts: Counts) =>
    [title, ...Object.entries(counts).map(([k, n]) => `  ${String(n).padStart(6)}  ${k}`)].join('\n')
  return [
    `${d.images} images of ${d.patients} patients in ${d.groups} groups; digest ${d.digest}`,
    block('dataset × class', d.classes),
    block('dataset × view', d.views),
    block('class × age', d.ages),
    block('licences', d.licences),
    `${d.duplicates.length} sets of files with equal bytes${d.duplicates.map((x) => `\n  ${x.files.join(' = ')}`).join('')}`,
    ...d.splits.map((s) =>
      s.error
        ? `split "${s.protocol}": ${s.error}`
        : [
            block(`split "${s.protocol}" ${s.digest}`, s.counts ?? {}),
            ...s.leaks.map(
              (l) => `  LEAK ${l.where}: ${l.count} images share a ${l.kind}, for example ${l.example}`,
            ),
          ].join('\n'),
    ),
  ].join('\n\n')
}

const ageBand = (age: number | undefined): string =>
  age === undefined ? 'age unknown' : age < 18 ? '0–17' : age < 40 ? '18–39' : age < 65 ? '40–64' : '65+'

function count(records: readonly ImageRecord[], key: (r: ImageRecord) => string): Counts {
  const out: Counts = {}
  for (const r of records) out[key(r)] = (out[key(r)] ?? 0) + 1
  return Object.fromEntries(Object.entries(out).sort(([a], [b]) => (a < b ? -1 : 1)))
}
