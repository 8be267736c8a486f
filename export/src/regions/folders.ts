import { createHash } from 'node:crypto'
import { cpSync, existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type LungFacts, parseLungFacts } from '@detl/core/lungs/lung-facts'
import { type Manifest, parseManifest } from '@detl/core/model/manifest'
import { ConvertError } from '../errors.ts'
import { writeWhole } from '../graph/write.ts'
import { addRegions } from './add-regions.ts'

/**
 * Puts the network of a folder into the model of another. All else of the model's folder goes with it; its manifest gets `regions`, and the digest of the new
 * file. @throws ConvertError
 */
export function addRegionsTo(model: string, lungs: string, out: string): { before: number; after: number } {
  const facts = readFacts(lungs)
  const added = readFileSync(join(lungs, 'model.onnx'))
  const manifest = readManifest(model)
  const before = readFileSync(join(model, 'model.onnx'))
  const { files, ...fields } = { ...manifest, regions: regionsIn(facts, digestOf(added)) }
  const onnx = addRegions(before, added, { 'detl.manifest': JSON.stringify(fields) })
  const written = parseManifest({ ...fields, files: { ...files, 'model.onnx': digestOf(onnx) } })
  if (resolve(out) !== resolve(model)) cpSync(model, out, { recursive: true })
  writeWhole(join(out, 'model.onnx'), [onnx])
  writeWhole(join(out, 'manifest.json'), [json(written)])
  return { before: before.length, after: onnx.length }
}

const regionsIn = ({ height, width, name, version, error }: LungFacts, sha256: string) => ({
  output: 'regions' as const,
  height,
  width,
  network: { name, version, sha256 },
  error,
})

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
export const json = (value: unknown): Uint8Array =>
  new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`)

export const readFacts = (folder: string): LungFacts => read(join(folder, 'lungs.json'), parseLungFacts)
const readManifest = (folder: string): Manifest => read(join(folder, 'manifest.json'), parseManifest)

function read<T>(path: string, parse: (json: unknown) => T): T {
  if (!existsSync(path)) throw new ConvertError('manifest-invalid', `${path}: no such file`)
  try {
    return parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (cause) {
    throw new ConvertError('manifest-invalid', `${path}: ${(cause as Error).message}`, { cause })
  }
}
