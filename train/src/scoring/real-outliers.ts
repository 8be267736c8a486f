import { createHash } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { AppError } from '@detl/core/api/problem'
import type { InputSpec } from '../config.ts'
import { readCsv, required } from '../data/csv.ts'
import type { LabelledImages } from '../data/images.ts'
import { modelInput } from '../data/model-input.ts'

/** Images that no frontal chest X-ray is, by kind, and why some kinds that one would ask for are not there. */
export type OutlierSets = {
  kinds: { kind: string; files: string[]; tensors: Uint8Array[] }[]
  absent: { kind: string; reason: string }[]
}

/** What a report on refusals ought to have seen. */
const WANTED = ['lateral chest', 'other body part', 'other modality', 'photograph'] as const

/**
 * Folders of real outliers. A folder with a manifest.csv (file, modality, body_part, view, derived) is sorted by it, its
 * frontal chests and re-encoded copies passed over; in another, each sub-folder's name is a kind. Images that come to
 * the same tensor count once.
 */
export async function readOutliers(folders: readonly string[], spec: InputSpec): Promise<OutlierSets> {
  const found = new Map<string, { file: string; tensor: Uint8Array }[]>()
  const seen = new Set<string>()
  const undecodable: string[] = []
  for (const { kind, path } of folders.flatMap(filesOf)) {
    const bytes = await readFile(path)
    const input = await modelInput(bytes, spec).catch((error: unknown) => {
      if (error instanceof AppError) return undefined
      throw error
    })
    if (!input) {
      undecodable.push(path)
      continue
    }
    const { tensor } = input
    const digest = createHash('sha256').update(tensor).digest('hex')
    if (seen.has(digest)) continue
    seen.add(digest)
    found.set(kind, [...(found.get(kind) ?? []), { file: path, tensor }])
  }
  const kinds = [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([kind, images]) => ({
      kind,
      files: images.map((i) => i.file),
      tensors: images.map((i) => i.tensor),
    }))
  const absent = WANTED.filter((kind) => !found.has(kind)).map((kind) => ({
    kind: kind as string,
    reason: folders.length > 0 ? 'none in the folders given' : 'no folder of outliers given (--outliers)',
  }))
  if (undecodable.length > 0)
    absent.push({ kind: undecodable.map((p) => basename(p)).join(', '), reason: 'no decoder reads it' })
  return { kinds, absent }
}

function filesOf(folder: string): { kind: string; path: string }[] {
  const manifest = join(folder, 'manifest.csv')
  if (existsSync(manifest)) {
    return readCsv(manifest).flatMap((row, i) => {
      const kind = row.derived === 'yes' ? undefined : kindOf(row.modality, row.body_part, row.view)
      return kind ? [{ kind, path: join(folder, required(row, 'file', manifest, i)) }] : []
    })
  }
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) =>
      readdirSync(join(folder, name), { withFileTypes: true })
        .filter((file) => file.isFile())
        .map((file) => ({ kind: name, path: join(folder, name, file.name) })),
    )
}

/** Undefined for frontal chests, and where the row does not tell. */
function kindOf(modality = '', bodyPart = '', view = ''): string | undefined {
  if (!['CR', 'DX', ''].includes(modality)) return 'other modality'
  if (bodyPart === '') return undefined
  if (bodyPart !== 'CHEST') return 'other body part'
  return /^(L|RL|LL|LAT)/i.test(view) ? 'lateral chest' : undefined
}

/** Tensors as a set to be scored; its labels mean nothing. */
export function unlabelled(tensors: readonly Uint8Array[], size: number): LabelledImages {
  const pixels = new Uint8Array(tensors.length * size * size)
  for (const [i, t] of tensors.entries()) pixels.set(t, i * size * size)
  return {
    size,
    classes: 4,
    pixels,
    placed: tensors.map(() => ({ x: 0, y: 0, width: size, height: size })),
    indices: Int32Array.from(tensors.keys()),
    labels: new Int32Array(tensors.length),
    weights: new Float32Array(tensors.length).fill(1),
  }
}
