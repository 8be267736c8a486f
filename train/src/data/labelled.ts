import type { Weighting } from '../config.ts'
import type { PixelCache } from './cache.ts'
import type { Findings, LabelledImages } from './images.ts'
import type { ImageRecord } from './record.ts'
import type { LabelledRecords } from './truth.ts'

export const DATA_A_CLASSES = ['normal', 'disease'] as const

/** The images of a list of files, in its order, with the class that Data-A or Data-B gives them. */
export function labelledImages(
  files: readonly string[],
  records: LabelledRecords,
  cache: PixelCache,
  data: 'A' | 'B',
  weighting: Weighting,
): LabelledImages {
  const positions = new Map(cache.files.map((f, i) => [f, i]))
  const indices = new Int32Array(files.length)
  const labels = new Int32Array(files.length)
  const classes = data === 'A' ? DATA_A_CLASSES : records.ids
  const multi = data === 'B' && records.list.labelling === 'multi'
  const targets = multi ? new Float32Array(files.length * classes.length) : undefined
  const combinations: string[] = []
  const cells: { source: string; label: number }[] = []
  for (const [i, file] of files.entries()) {
    const record = records.get(file)
    const position = positions.get(file)
    if (!record || position === undefined) throw new Error(`${file} is not in the data`)
    const name = data === 'A' ? record.classA : record.classB
    if (name === undefined) throw new Error(`${file} has no class in Data-${data}`)
    targets?.set(records.truthOf(file), i * classes.length)
    const known: readonly string[] = multi ? combinations : classes
    const label = known.includes(name) ? known.indexOf(name) : multi ? combinations.push(name) - 1 : -1
    if (label < 0) throw new Error(`${file} is of "${name}", which is none of ${classes.join(', ')}`)
    indices[i] = position
    labels[i] = label
    cells.push({ source: record.dataset, label })
  }
  return {
    size: cache.size,
    classes: classes.length,
    pixels: cache.pixels,
    placed: cache.geometry.map((g) => g.placed),
    indices,
    labels,
    weights: lossWeights(cells, weighting),
    ...(targets && { targets }),
  }
}

/** The 14 findings of NIH ChestX-ray14 (Wang et al. 2017). */
export const FINDINGS = [
  'Atelectasis',
  'Cardiomegaly',
  'Consolidation',
  'Edema',
  'Effusion',
  'Emphysema',
  'Fibrosis',
  'Hernia',
  'Infiltration',
  'Mass',
  'Nodule',
  'Pleural_Thickening',
  'Pneumonia',
  'Pneumothorax',
] as const

/** Findings of the images of a list of files; known where the source labels all fourteen. */
export function findingsOf(files: readonly string[], records: ReadonlyMap<string, ImageRecord>): Findings {
  const targets = new Float32Array(files.length * FINDINGS.length)
  const known = new Float32Array(files.length)
  for (const [i, file] of files.entries()) {
    const record = records.get(file)
    if (record?.dataset !== 'nih' || record.finding === '') continue
    known[i] = 1
    for (const name of record.finding.split('|')) {
      const at = FINDINGS.indexOf(name as (typeof FINDINGS)[number])
      if (at >= 0) targets[i * FINDINGS.length + at] = 1
    }
  }
  return { names: FINDINGS, targets, known }
}

/** Mean 1 over the images. */
export function lossWeights(
  images: readonly { source: string; label: number }[],
  weighting: Weighting,
): Float32Array {
  const count = (key: (i: { source: string; label: number }) => string) => {
    const counts = new Map<string, number>()
    for (const i of images) counts.set(key(i), (counts.get(key(i)) ?? 0) + 1)
    return (i: { source: string; label: number }) => counts.get(key(i))!
  }
  const ofClass = count((i) => `${i.label}`)
  const ofSource = count((i) => i.source)
  const ofCell = count((i) => `${i.source}/${i.label}`)
  // Total that a class gets when each of its cells counts by the root of its size.
  const roots = new Map<number, number>()
  for (const i of images) roots.set(i.label, (roots.get(i.label) ?? 0) + 1 / Math.sqrt(ofCell(i)))

  const weightOf = {
    none: () => 1,
    class: (i: { source: string; label: number }) => 1 / ofClass(i),
    'within-source': (i: { source: string; label: number }) => ofSource(i) / ofCell(i),
    'class-and-source': (i: { source: string; label: number }) =>
      1 / Math.sqrt(ofCell(i)) / roots.get(i.label)!,
  }[weighting]
  const raw = images.map(weightOf)
  const mean = raw.reduce((a, b) => a + b, 0) / Math.max(1, raw.length)
  return Float32Array.from(raw, (w) => w / mean)
}
