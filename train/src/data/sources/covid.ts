import type { Label } from '@detl/core/model/labels'
import { optionalNumber, type Row, readCsv, required } from '../csv.ts'
import { type SourceRow, sexOf, viewOf } from './labels.ts'

/** Cohen et al. 2020, ieee8023/covid-chestxray-dataset: metadata.csv. CT and lateral rows have no class. */
export function readCohenLabels(path: string): SourceRow[] {
  return readCsv(path).flatMap((row, i) =>
    isXray(row)
      ? [
          {
            ...common(row, path, i, 'cohen'),
            image: required(row, 'filename', path, i),
            licence: row.license?.trim() || 'none stated in metadata.csv',
          },
        ]
      : [],
  )
}

/** Figure1 and Actualmed COVID chest X-ray data sets (Chung 2020): metadata.csv; images are named by patient. */
export function readFigure1Labels(path: string, dataset: 'figure1' | 'actualmed' = 'figure1'): SourceRow[] {
  // Notes in Windows' encoding; findings are ASCII.
  return readCsv(path, { fatal: false }).flatMap((row, i) =>
    isXray(row)
      ? [
          {
            ...common(row, path, i, dataset),
            image: row.imagename || required(row, 'patientid', path, i), // Figure1 names the file by the patient alone
            licence: 'research use only',
          },
        ]
      : [],
  )
}

const isXray = (row: Row): boolean => (row.modality ?? 'X-ray').trim().toLowerCase().startsWith('x')

function common(
  row: Row,
  path: string,
  index: number,
  dataset: string,
): Omit<SourceRow, 'image' | 'licence'> {
  const finding = row.finding?.trim() ?? ''
  const view = viewOf(row.view)
  return {
    dataset,
    patient: `${dataset}:${required(row, 'patientid', path, index)}`,
    view,
    finding,
    classA: undefined,
    classB: view === 'lateral' ? undefined : classOf(finding),
    age: optionalNumber(row.age),
    sex: sexOf(row.sex),
    sourceWidth: undefined,
    sourceHeight: undefined,
  }
}

const NOT_PNEUMONIA = new Set(['', 'todo', 'unknown', 'tuberculosis', 'lipoid'])

/** Infections other than COVID-19 that the collection lists by germ are pneumonia. */
function classOf(finding: string): Label | undefined {
  const f = finding.toLowerCase()
  if (f.startsWith('covid')) return 'covid19'
  if (f === 'no finding') return 'normal'
  return NOT_PNEUMONIA.has(f) ? undefined : 'pneumonia'
}
