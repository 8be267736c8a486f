import { codecs } from '@detl/codecs/modules'
import { decodeImage } from '@detl/core/image/decode'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import type { ClassList } from '@detl/core/model/class-list'
import { readDataSet } from './data-set.ts'
import { findLeaks, type Leak, leakText } from './leaks.ts'
import { type Fingerprint, fingerprint, nearDuplicates } from './near-duplicates.ts'
import { ageBand, dataDigest, type ImageRecord } from './record.ts'
import { readRegular } from './regular-file.ts'
import { sourcesToLeaveOut, splitOf } from './split.ts'
import type { Protocol } from './split-file.ts'

type Counts = Record<string, number>

export type DataDescription = {
  images: number
  groups: number
  /** Known ones. */
  patients: number
  digest: string
  /** Images by dataset and class, view, age band; the class is Data-B's, or Data-A's where that is all there is. */
  classes: Counts
  views: Counts
  ages: Counts
  licences: Counts
  /** Files with the same bytes. */
  duplicates: { sha256: string; files: string[] }[]
  /** Pairs that look alike; undefined where no pixel was looked at. */
  nearDuplicates: NearDuplicate[] | undefined
  splits: { protocol: string; digest?: string; counts?: Counts; leaks: Leak[]; error?: string }[]
}

export type NearDuplicate = { a: string; b: string; sameGroup: boolean }

export type DescribeOptions = {
  splitSeed: number
  /** Decode every image and look for copies in another size, format or exposure. */
  nearDuplicates: boolean
  onImages?: (done: number, total: number) => void
}

export async function describeData(root: string, options: DescribeOptions): Promise<DataDescription> {
  const { splitSeed } = options
  const { records, list } = readDataSet(root)
  const classOf = (r: ImageRecord) => r.classB ?? (r.classA ? `${r.classA} (Data-A)` : 'none')
  const bySha = new Map<string, string[]>()
  for (const r of records) bySha.set(r.sha256, [...(bySha.get(r.sha256) ?? []), r.file])
  return {
    images: records.length,
    groups: new Set(records.map((r) => r.group)).size,
    patients: new Set(records.flatMap((r) => r.patient ?? [])).size,
    digest: dataDigest(records),
    classes: count(records, (r) => `${r.dataset} × ${classOf(r)}`),
    views: count(records, (r) => `${r.dataset} × ${r.view}`),
    ages: count(records, (r) => `${classOf(r)} × age ${ageBand(r.age)}`),
    licences: count(records, (r) => r.licence || 'not stated'),
    duplicates: [...bySha].filter(([, f]) => f.length > 1).map(([sha256, files]) => ({ sha256, files })),
    nearDuplicates: options.nearDuplicates ? await findNearDuplicates(records, options.onImages) : undefined,
    splits: protocolsOf(records, list).map((protocol) => describeSplit(protocol, records, list, splitSeed)),
  }
}

async function findNearDuplicates(
  records: readonly ImageRecord[],
  onImages: DescribeOptions['onImages'],
): Promise<NearDuplicate[]> {
  const prints: Fingerprint[] = []
  for (const r of records) {
    const { image } = await decodeImage(await readRegular(r.path), { limits: DEFAULT_LIMITS, codecs })
    prints.push(fingerprint(image))
    onImages?.(prints.length, records.length)
  }
  return nearDuplicates(prints).map(([i, j]) => {
    const [a, b] = [records[i]!, records[j]!]
    return { a: a.file, b: b.file, sameGroup: a.group === b.group }
  })
}

const protocolsOf = (records: readonly ImageRecord[], list: ClassList): Protocol[] => [
  'grouped',
  'paper',
  ...sourcesToLeaveOut(records, list).map((source): Protocol => `without-${source}`),
]

function describeSplit(
  protocol: Protocol,
  records: readonly ImageRecord[],
  list: ClassList,
  seed: number,
): DataDescription['splits'][number] {
  try {
    const split = splitOf(protocol, records, seed, list)
    const counts: Counts = {
      'Data-A training': split.pretrain.train.length,
      'Data-A validation': split.pretrain.validation.length,
      ...Object.fromEntries(
        split.folds.flatMap((f, k) => [
          [`fold ${k} training`, f.train.length],
          [`fold ${k} validation`, f.validation.length],
          [`fold ${k} test`, f.test.length],
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
    `${d.images} images of ${d.patients} known patients in ${d.groups} groups; digest ${d.digest}`,
    block('dataset × class', d.classes),
    block('dataset × view', d.views),
    block('class × age', d.ages),
    block('licences', d.licences),
    `${d.duplicates.length} sets of files with equal bytes${d.duplicates.map((x) => `\n  ${x.files.join(' = ')}`).join('')}`,
    printNearDuplicates(d.nearDuplicates),
    ...d.splits.map((s) =>
      s.error
        ? `split "${s.protocol}": ${s.error}`
        : [
            block(`split "${s.protocol}" ${s.digest}`, s.counts ?? {}),
            ...s.leaks.map((l) => `  LEAK ${leakText(l)}`),
          ].join('\n'),
    ),
  ].join('\n\n')
}

function printNearDuplicates(pairs: readonly NearDuplicate[] | undefined): string {
  if (!pairs) return 'near-duplicates: not looked for'
  const apart = pairs.filter((p) => !p.sameGroup)
  return [
    `${pairs.length} pairs look alike; ${apart.length} of them are in different groups`,
    ...apart.map((p) => `  ${p.a} ~ ${p.b}`),
  ].join('\n')
}

function count(records: readonly ImageRecord[], key: (r: ImageRecord) => string): Counts {
  const out: Counts = {}
  for (const r of records) out[key(r)] = (out[key(r)] ?? 0) + 1
  return Object.fromEntries(Object.entries(out).sort(([a], [b]) => (a < b ? -1 : 1)))
}
