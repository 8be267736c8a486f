import { optionalNumber, readCsv, required } from '../csv.ts'
import { OTHER_DISEASES, type SourceRow, sexOf, viewOf } from './labels.ts'

/**
 * NIH ChestX-ray14 (Wang et al. 2017): Data_Entry_2017*.csv, plain or gzipped. Labels are text-mined from reports,
 * about one in ten is wrong. Pneumonia is left out of Data-A, as in the paper; `other_disease` is any mixture of its six.
 */
export function readNihLabels(path: string): SourceRow[] {
  return readCsv(path).map((row, i) => {
    const findings = required(row, 'Finding Labels', path, i).split('|')
    const normal = findings.includes('No Finding')
    const pneumonia = findings.includes('Pneumonia')
    const other = findings.every((f) => (OTHER_DISEASES as readonly string[]).includes(f))
    const age = optionalNumber(row['Patient Age']?.replace(/Y$/, '')) // 2017's first edition writes 058Y
    return {
      image: required(row, 'Image Index', path, i),
      dataset: 'nih',
      patient: `nih:${required(row, 'Patient ID', path, i).padStart(8, '0')}`,
      view: viewOf(row['View Position']),
      finding: findings.join('|'),
      classA: normal ? 'normal' : pneumonia ? undefined : 'disease',
      classB: normal ? 'normal' : pneumonia ? 'pneumonia' : other ? 'other_disease' : undefined,
      age: age !== undefined && age <= 120 ? age : undefined, // some rows say 400
      sex: sexOf(row['Patient Gender'] ?? row['Patient Sex']),
      sourceWidth: optionalNumber(row['OriginalImage[Width']),
      sourceHeight: optionalNumber(row['Height]'] ?? row.Height),
      licence: 'NIH: unrestricted use, attribution asked',
    }
  })
}

/** A radiologist's box, in pixels of the 1024 × 1024 image. */
export type NihBox = { image: string; label: string; x: number; y: number; width: number; height: number }

/** BBox_List_2017.csv, whose header spreads "Bbox [x,y,w,h]" over four columns by accident. */
export function readNihBoxes(path: string): NihBox[] {
  return readCsv(path).map((row, i) => {
    const values = Object.values(row).map((v) => v ?? '')
    const [x, y, width, height] = values.slice(2, 6).map(Number)
    if (![x, y, width, height].every((v) => v !== undefined && Number.isFinite(v))) {
      throw new Error(`${path}, row ${i + 1}: no box in ${JSON.stringify(values)}`)
    }
    const label = required(row, 'Finding Label', path, i)
    return {
      image: required(row, 'Image Index', path, i),
      label,
      x: x!,
      y: y!,
      width: width!,
      height: height!,
    }
  })
}
