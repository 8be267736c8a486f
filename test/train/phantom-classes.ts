import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodePng } from '@detl/core/image/png-encode'
import { type LesionKind, phantom } from '@detl/core/phantom/phantom'

/** Phantoms of one kind, and how somebody's table names them. */
export type PhantomKind = { label: string; lesions: LesionKind[]; count: number }

/** A phantom as a PNG of 8 bits. */
export const phantomPng = (seed: number, lesions: LesionKind[], side = 72) => {
  const { image } = phantom({ seed, width: side, height: side, lesions })
  return encodePng({ width: side, height: side, channels: 1, data: image.data.map((v) => v * 16) })
}

/** A data folder with no more than files, labels and patients, two images a patient, and a class list. */
export async function writePhantomClasses(
  dir: string,
  kinds: PhantomKind[],
  classes?: object,
  side?: number,
): Promise<void> {
  mkdirSync(dir, { recursive: true })
  const rows = ['file;label;patient']
  let n = 0
  for (const { label, lesions, count } of kinds) {
    for (let i = 0; i < count; i++, n++) {
      writeFileSync(join(dir, `${n}.png`), await phantomPng(n, lesions, side))
      rows.push(`${n}.png;${label};${label}-${i >> 1}`)
    }
  }
  writeFileSync(join(dir, 'manifest.csv'), rows.join('\r\n'))
  if (classes) writeFileSync(join(dir, 'classes.json'), JSON.stringify(classes))
}
