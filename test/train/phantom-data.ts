import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodePng } from '@detl/core/image/png-encode'
import { type LesionKind, phantom } from '@detl/core/phantom/phantom'

const KINDS: { count: number; dataset: string; lesions: LesionKind[]; a: string; b: string }[] = [
  { count: 30, dataset: 'nih', lesions: [], a: 'normal', b: 'normal' },
  { count: 12, dataset: 'nih', lesions: ['nodule'], a: 'disease', b: '' },
  { count: 24, dataset: 'nih', lesions: ['nodule'], a: 'disease', b: 'other_disease' },
  { count: 24, dataset: 'nih', lesions: ['consolidation'], a: '', b: 'pneumonia' },
  { count: 24, dataset: 'cohen', lesions: ['ground-glass'], a: '', b: 'covid19' },
  { count: 6, dataset: 'cohen', lesions: ['consolidation'], a: '', b: 'pneumonia' },
  { count: 16, dataset: 'cxnet', lesions: ['ground-glass'], a: '', b: 'covid19' },
  { count: 4, dataset: 'figure1', lesions: ['ground-glass'], a: '', b: 'covid19' },
]

/** A data folder of phantoms, two images a patient, with boxes around nodules. */
export async function writePhantomData(data: string): Promise<void> {
  mkdirSync(data)
  const rows = [
    'file,dataset,patient_id,group_id,view,finding,class_a,class_b,age,sex,width,height,sha256,license',
  ]
  const boxes = ['file,label,x,y,w,h']
  let n = 0
  for (const { count, dataset, lesions, a, b } of KINDS) {
    for (let i = 0; i < count; i++, n++) {
      const { image, lesions: placed } = phantom({ seed: n, width: 72, height: 72, lesions })
      const bytes = await encodePng({
        width: 72,
        height: 72,
        channels: 1,
        data: image.data.map((v) => v * 16),
      })
      const file = `${n}.png`
      writeFileSync(join(data, file), bytes)
      const patient = `${dataset}${lesions}${b}${i >> 1}`
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      rows.push(
        [file, dataset, patient, patient, 'PA', lesions.join('|'), a, b, 50, 'F', 72, 72, sha256, 'CC0'].join(
          ',',
        ),
      )
      const box = placed[0]?.box
      if (b === 'other_disease' && box)
        boxes.push([file, 'Nodule', box.x, box.y, box.width, box.height].join(','))
    }
  }
  writeFileSync(join(data, 'manifest.csv'), rows.join('\n'))
  writeFileSync(join(data, 'nih_boxes.csv'), boxes.join('\n'))
}
