import { type ClassList, focusOf, idsOf, PAPER_LIST } from '@detl/core/model/class-list'
import { type Rng, rngOf, shuffled } from '../rng.ts'
import type { ImageRecord } from './record.ts'
import type { Protocol } from './split-file.ts'
import { type Fold, leftOutSource, type Split, sealed } from './split-file.ts'
import { withTrainingOnly } from './training-only.ts'

/** Datasets that are kept for external validation. */
const EXTERNAL = new Set(['figure1'])

/** Sources that `without-SOURCE` can leave out: those of images of the class in focus, of which there must be others. */
export function sourcesToLeaveOut(records: readonly ImageRecord[], list: ClassList = PAPER_LIST): string[] {
  const { id } = focusOf(list)
  const having = records.filter(
    (r) => r.classB?.split('|').includes(id) && !EXTERNAL.has(r.dataset) && !r.trainingOnly,
  )
  const sources = [...new Set(having.map((r) => r.dataset))].sort()
  return sources.length > 1 ? sources : []
}
const FOLDS = 5
/** One part in so many of what remains beside the test fold validates: 1/7 of 80 % is 11 % of all. */
const VALIDATION_PARTS = 7
const PRETRAIN_VALIDATION_PARTS = 6
/** Share of the NIH normals that pretraining gets; `normal` is the scarce class of Data-B. */
const NORMALS_FOR_PRETRAINING = 0.18

/** The split of a protocol: what may be tested is split, then training gets the images that are for training only. */
export function splitOf(
  protocol: Protocol,
  all: readonly ImageRecord[],
  seed: number,
  list: ClassList = PAPER_LIST,
): Split {
  const source = leftOutSource(protocol)
  const records = all.filter((r) => !r.trainingOnly && r.leftOut === undefined)
  const split =
    source !== undefined
      ? withoutSourceSplit(records, seed, source, list)
      : (protocol === 'paper' ? paperSplit : groupedSplit)(records, seed)
  return withoutContested(withTrainingOnly(split, all), all)
}

/** Takes images whose label is contested from what trains and validates; the test parts stay as they are. */
function withoutContested({ digest: _, ...split }: Split, all: readonly ImageRecord[]): Split {
  const contested = new Set(all.filter((r) => r.contested).map((r) => r.file))
  const settled = (list: readonly string[]) => list.filter((file) => !contested.has(file))
  const learns = <T extends { train: string[]; validation: string[] }>(part: T): T => ({
    ...part,
    train: settled(part.train),
    validation: settled(part.validation),
  })
  return sealed({ ...split, pretrain: learns(split.pretrain), folds: split.folds.map(learns) })
}

/**
 * The honest protocol: all usable images, folds by group, stratified by class and dataset, a validation part apart
 * from the test fold. Data-A gets the groups without any Data-B label, a share of the groups with nothing but NIH
 * normals, and the low-resolution images whose group is not in Data-B.
 */
export function groupedSplit(unsorted: readonly ImageRecord[], seed: number): Split {
  const records = inFileOrder(unsorted)
  const external = records.filter((r) => EXTERNAL.has(r.dataset))
  const usable = records.filter((r) => !EXTERNAL.has(r.dataset))
  const inA = groupsForPretraining(usable, rngOf(seed, 'data-a'))

  const dataA = usable.filter((r) => inA.has(r.group) && r.classA !== undefined)
  const dataB = usable.filter((r) => !inA.has(r.group) && r.classB !== undefined)
  const parts = stratifiedParts(dataA, PRETRAIN_VALIDATION_PARTS, cellA, rngOf(seed, 'pretrain'))
  const folds = foldsOf(dataB, seed)
  return sealed({
    protocol: 'grouped',
    seed,
    pretrain: { train: files(parts.slice(1).flat()), validation: files(parts[0]!) },
    folds,
    external: files(external),
    leftOut: {
      'Data-A only, in a group of Data-B': usable.filter(
        (r) => !inA.has(r.group) && r.classB === undefined && r.classA !== undefined,
      ).length,
      'Data-B only, in a group of Data-A': usable.filter((r) => inA.has(r.group) && r.classA === undefined)
        .length,
    },
  })
}

/** Stratified by class and dataset, whole groups together; each fold's validation part is apart from its test part. */
function foldsOf(records: readonly ImageRecord[], seed: number): Fold[] {
  const tests = stratifiedParts(records, FOLDS, cellB, rngOf(seed, 'folds'))
  return tests.map((test, k) => {
    const rest = tests.filter((_, other) => other !== k).flat()
    const rng = rngOf(seed, 'validation', k)
    const [validation, ...train] = stratifiedParts(rest, VALIDATION_PARTS, cellB, rng)
    return { train: files(train.flat()), validation: files(validation!), test: files(test) }
  })
}

/** How many of each class the paper has in Data-B, section IV-B; six other diseases of 50 images each. */
const PAPER_COUNTS = { normal: 350, pneumonia: 322, covid19: 225 } as const
const PAPER_DISEASES = ['Atelectasis', 'Cardiomegaly', 'Infiltration', 'Effusion', 'Nodule', 'Mass'] as const
const PAPER_PER_DISEASE = 50

/**
 * The paper's counts, folds by image, as the paper seems to have done: one patient's images fall into training and
 * test. It exists to show what that is worth. Data-A is the same as in the grouped protocol.
 */
export function paperSplit(unsorted: readonly ImageRecord[], seed: number): Split {
  const records = inFileOrder(unsorted)
  const grouped = groupedSplit(records, seed)
  const byFile = new Map(records.map((r) => [r.file, r]))
  const candidates = grouped.folds.flatMap((f) => f.test).map((f) => byFile.get(f)!)
  const rng = rngOf(seed, 'paper')
  const nih = (r: ImageRecord) => r.dataset === 'nih'
  const pick = (name: string, of: ImageRecord[], count: number): ImageRecord[] => {
    if (of.length < count)
      throw new Error(`protocol "paper" needs ${count} images of ${name}; there are ${of.length}`)
    return shuffled(of, rng).slice(0, count)
  }
  const chosen = [
    ...pick(
      'normal',
      candidates.filter((r) => r.classB === 'normal' && nih(r)),
      PAPER_COUNTS.normal,
    ),
    ...pick(
      'pneumonia',
      candidates.filter((r) => r.classB === 'pneumonia' && nih(r)),
      PAPER_COUNTS.pneumonia,
    ),
    ...pick(
      'covid19',
      candidates.filter((r) => r.classB === 'covid19' && r.dataset === 'cohen'),
      PAPER_COUNTS.covid19,
    ),
  ]
  const taken = new Set<ImageRecord>()
  for (const disease of PAPER_DISEASES) {
    const of = candidates.filter(
      (r) => r.classB === 'other_disease' && !taken.has(r) && r.finding.split('|').includes(disease),
    )
    // Images with that finding alone come first, as far as they go.
    const alone = of.filter((r) => r.finding === disease)
    const first = shuffled(alone, rng).slice(0, PAPER_PER_DISEASE)
    const more = pick(
      disease,
      of.filter((r) => !alone.includes(r)),
      PAPER_PER_DISEASE - first.length,
    )
    for (const r of [...first, ...more]) taken.add(r)
  }
  const all = [...chosen, ...taken]
  const byImage = all.map((r) => ({ ...r, group: r.file }))
  const folds = foldsOf(byImage, seed)
  const { pretrain } = grouped
  // What these folds never show of a source: whole collections, and classes of a collection of which they show another.
  const cells = new Set(all.map(cellB))
  const groups = new Set(all.map((r) => r.group))
  const unseen = candidates.filter((r) => !cells.has(cellB(r)) && !groups.has(r.group))
  return sealed({
    protocol: 'paper',
    seed,
    pretrain,
    folds,
    external: [...grouped.external, ...files(unseen)].sort(),
    leftOut: { 'beyond the paper’s counts': candidates.length - all.length - unseen.length },
  })
}

/**
 * Leave one source out: no image of `source`, and no image of a group that the source shares, is trained on or
 * validates. The test part is the whole source and fold 0's test images of the other sources, which tell whether the
 * network works at all. Pretraining is that of the grouped protocol, so that a base without images of the source is shared.
 * @throws where the source has no image of Data-B, or Data-A holds some of it
 */
function withoutSourceSplit(
  unsorted: readonly ImageRecord[],
  seed: number,
  source: string,
  list: ClassList,
): Split {
  const records = inFileOrder(unsorted)
  const byFile = new Map(records.map((r) => [r.file, r]))
  const { pretrain, folds, external } = groupedSplit(records, seed)
  const dataB = folds.flatMap((f) => f.test).map((f) => byFile.get(f)!)
  const of = dataB.filter((r) => r.dataset === source)
  if (of.length === 0) throw new Error(`no image of the source "${source}" is in Data-B`)
  const inA = [...pretrain.train, ...pretrain.validation].filter((f) => byFile.get(f)!.dataset === source)
  if (inA.length > 0)
    throw new Error(`${inA.length} images of "${source}" are in Data-A: pretraining would see the source`)
  const shared = new Set(of.map((r) => r.group))
  const other = dataB.filter((r) => r.dataset !== source && !shared.has(r.group))
  const inTest = new Set(folds[0]!.test)
  const [validation, ...train] = stratifiedParts(
    other.filter((r) => !inTest.has(r.file)),
    VALIDATION_PARTS,
    cellB,
    rngOf(seed, 'without', source),
  )
  const test = [...of, ...other.filter((r) => inTest.has(r.file))]
  const missing = idsOf(list).filter((id) => !train.flat().some((r) => r.classB?.split('|').includes(id)))
  if (missing.length > 0) throw new Error(`without "${source}" nothing teaches ${missing.join(', ')}`)
  return sealed({
    protocol: `without-${source}`,
    seed,
    pretrain,
    folds: [{ train: files(train.flat()), validation: files(validation!), test: files(test) }],
    external,
    leftOut: { 'in a group of the source that is left out': dataB.length - of.length - other.length },
  })
}

/** Groups of Data-A. Everything else is Data-B's, so the two are disjoint by construction; `checkLeaks` looks again. */
function groupsForPretraining(records: readonly ImageRecord[], rng: Rng): Set<string> {
  const groups = byGroup(records)
  const chosen = new Set<string>()
  const normals: [string, number][] = []
  for (const [group, images] of groups) {
    const labelled = images.filter((r) => r.classB !== undefined)
    if (labelled.length === 0) chosen.add(group)
    else if (images.every((r) => r.classA === 'normal' && r.dataset.startsWith('nih'))) {
      normals.push([group, labelled.length])
    }
  }
  const total = records.filter((r) => r.classB === 'normal' && r.dataset === 'nih').length
  let missing = Math.round(total * NORMALS_FOR_PRETRAINING)
  for (const [group, count] of shuffled(normals.sort(), rng)) {
    if (missing <= 0) break
    chosen.add(group)
    missing -= count
  }
  return chosen
}

const cellA = (r: ImageRecord): string => `${r.dataset}/${r.classA}`
const cellB = (r: ImageRecord): string => `${r.dataset}/${r.classB}`

/**
 * Whole groups into `parts` parts, so that each part has about the same number of images of each cell.
 * Large groups first; each goes where its cells are shortest of their share.
 */
function stratifiedParts(
  records: readonly ImageRecord[],
  parts: number,
  cell: (r: ImageRecord) => string,
  rng: Rng,
): ImageRecord[][] {
  const total = new Map<string, number>()
  for (const r of records) total.set(cell(r), (total.get(cell(r)) ?? 0) + 1)
  const groups = [...byGroup(records).entries()].sort(([a], [b]) => (a < b ? -1 : 1))
  const ordered = shuffled(groups, rng).sort(([, a], [, b]) => b.length - a.length)
  const out: ImageRecord[][] = Array.from({ length: parts }, () => [])
  const filled = out.map(() => new Map<string, number>())
  for (const [, images] of ordered) {
    const fullness = filled.map((counts) =>
      images.reduce((sum, r) => sum + (counts.get(cell(r)) ?? 0) / total.get(cell(r))!, 0),
    )
    const least = Math.min(...fullness)
    const ties = fullness.flatMap((f, i) => (f === least ? [i] : []))
    const part = ties[Math.floor(rng() * ties.length)]!
    out[part]!.push(...images)
    for (const r of images) filled[part]!.set(cell(r), (filled[part]!.get(cell(r)) ?? 0) + 1)
  }
  return out
}

function byGroup(records: readonly ImageRecord[]): Map<string, ImageRecord[]> {
  const groups = new Map<string, ImageRecord[]>()
  for (const r of records) {
    const members = groups.get(r.group)
    if (members) members.push(r)
    else groups.set(r.group, [r])
  }
  return groups
}

/** A manifest in another order must not give another split. */
const inFileOrder = (records: readonly ImageRecord[]): ImageRecord[] =>
  [...records].sort((a, b) => (a.file < b.file ? -1 : 1))

const files = (records: readonly ImageRecord[]): string[] => records.map((r) => r.file).sort()
