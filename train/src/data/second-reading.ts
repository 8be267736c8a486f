import { readCsv, required } from './csv.ts'
import type { ImageRecord } from './record.ts'

/**
 * What is done with an image whose second reading contradicts its label: left out, given what was read, or only not trained on, so that
 * the test parts stay those of the labels as they were.
 */
export const CONFLICTS = ['drop', 'relabel', 'not trained on'] as const
export type Conflicts = (typeof CONFLICTS)[number]

/** What RSNA's radiologists said of an image of ChestX-ray14 (Shih et al. 2019): normal, or an opacity as of pneumonia. */
type Reading = 'normal' | 'pneumonia'

/**
 * Readings by image file. Two forms are read: a list of images that were read as normal (`shared_file`, `rsna_label`), and one of
 * images that were read as an opacity (`shared_image`, `opacity_file`).
 * @throws where a file has neither form
 */
function readReadings(path: string): [string, Reading][] {
  const rows = readCsv(path)
  const columns = Object.keys(rows[0] ?? {})
  if (columns.includes('opacity_file'))
    return rows.map((row, i) => [required(row, 'shared_image', path, i), 'pneumonia'])
  if (columns.includes('rsna_label'))
    return rows.map((row, i) => {
      const label = required(row, 'rsna_label', path, i)
      if (label !== 'Normal')
        throw new Error(`${path}, row ${i + 1}: rsna_label is "${label}"; "Normal" is known`)
      return [required(row, 'shared_file', path, i), 'normal']
    })
  throw new Error(`${path} is no second reading: it has neither a column rsna_label nor opacity_file`)
}

/**
 * Labels held against a second reading. Where they contradict it, the image is left out (`drop`), gets what was read (`relabel`), or is marked as contested.
 * An image is never given a class in a part of the data (Data-A, Data-B) in which it had none, so groups stay where they are.
 * @throws where no image of a list is in the data: then it belongs to another data set
 */
export function withSecondReading(
  records: readonly ImageRecord[],
  paths: readonly string[],
  conflicts: Conflicts,
): ImageRecord[] {
  const files = new Set(records.map((r) => r.file))
  const readings = new Map<string, Reading>()
  for (const path of paths) {
    const found = readReadings(path).filter(([file]) => files.has(file))
    if (found.length === 0) throw new Error(`${path}: none of its images is in the data`)
    for (const [file, reading] of found) readings.set(file, reading)
  }
  return records.map((r) => {
    const reading = readings.get(r.file)
    if (reading === undefined) return r
    const classA = reading === 'normal' ? 'normal' : 'disease'
    const inA = r.classA !== undefined && r.classA !== classA
    const inB = r.classB !== undefined && r.classB !== reading
    if (!inA && !inB) return r
    if (conflicts === 'drop') return { ...r, leftOut: 'the second reading contradicts the label' }
    if (conflicts === 'not trained on') return { ...r, contested: true }
    return { ...r, ...(inA && { classA }), ...(inB && { classB: reading }) }
  })
}
