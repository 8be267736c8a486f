import type { ImageRecord } from '@detl/train/data/record'
import { rngOf } from '@detl/train/rng'

type Kind = Pick<ImageRecord, 'dataset' | 'classA' | 'classB' | 'finding'>

const KINDS: [number, Kind][] = [
  [500, { dataset: 'nih', classA: 'normal', classB: 'normal', finding: 'No Finding' }],
  [420, { dataset: 'nih', classA: undefined, classB: 'pneumonia', finding: 'Pneumonia' }],
  ...['Atelectasis', 'Cardiomegaly', 'Infiltration', 'Effusion', 'Nodule', 'Mass'].map(
    (finding): [number, Kind] => [
      70,
      { dataset: 'nih', classA: 'disease', classB: 'other_disease', finding },
    ],
  ),
  [300, { dataset: 'nih', classA: 'disease', classB: undefined, finding: 'Hernia|Edema' }],
  [300, { dataset: 'cohen', classA: undefined, classB: 'covid19', finding: 'COVID-19' }],
  [90, { dataset: 'cohen', classA: undefined, classB: 'pneumonia', finding: 'SARS' }],
  [20, { dataset: 'figure1', classA: undefined, classB: 'covid19', finding: 'COVID-19' }],
]

/** A made-up data set with the shape of the real one: patients of one to six images, often of several kinds. */
export function madeUpRecords(seed: number): ImageRecord[] {
  const rng = rngOf('records', seed)
  const out: ImageRecord[] = []
  for (const [count, kind] of KINDS) {
    for (let i = 0; i < count; i++) {
      const patients = kind.dataset === 'nih' ? 900 : 250
      const patient = `${kind.dataset}:${Math.floor(patients * rng() ** 1.5)}`
      const index = out.length
      out.push({
        file: `${kind.dataset}/${index}.jpg`,
        path: '',
        ...kind,
        patient,
        group: patient,
        view: 'PA',
        age: undefined,
        sex: undefined,
        width: 384,
        height: 384,
        sourceWidth: undefined,
        sourceHeight: undefined,
        sha256: index.toString(16).padStart(64, '0'),
        licence: 'CC0',
      })
    }
  }
  return out
}
