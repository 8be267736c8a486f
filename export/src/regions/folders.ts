import { createHash } from 'node:crypto'
import { cpSync, existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { type LungFacts, parseLungFacts } from '@detl/core/lungs/lung-facts'
import { type Manifest, parseManifest } from '@detl/core/model/manifest'
import { ConvertError } from '../errors.ts'
import { writeWhole } from '../graph/write.ts'
import { renewInt8 } from '../quantise/beside.ts'
import { OnnxModel } from '../quantise/onnx-model.ts'
import { addRegions } from './add-regions.ts'
import { LUNGS_METADATA } from './prefix.ts'

/**
 * Puts the network of a folder into the model of another. All else of the model's folder goes with it; its manifest gets `regions`, and the digest of the new
 * file; an 8-bit file beside the model is made anew of it. @throws ConvertError
 */
export function addRegionsTo(model: string, lungs: string, out: string): { before: number; after: number } {
  const before = readOnnx(model)
  const { onnx, manifest } = withLungs({ onnx: before, manifest: readManifest(model) }, lungs)
  if (resolve(out) !== resolve(model)) cpSync(model, out, { recursive: true })
  writeWhole(join(out, 'model.onnx'), [onnx])
  writeWhole(join(out, 'manifest.json'), [json(manifest)])
  renewInt8(out)
  return { before: before.length, after: onnx.length }
}

type Model = { readonly onnx: Uint8Array; readonly manifest: Manifest }

/** A model with the network of a folder in it, in place of any that it had. The same two give the same bytes. @throws ConvertError */
export function withLungs({ onnx: plain, manifest }: Model, lungs: string): Model {
  const facts = readFacts(lungs)
  const added = readOnnx(lungs)
  if (!isDeepStrictEqual(factsIn(added), facts))
    throw new ConvertError(
      'manifest-invalid',
      `${lungs}: model.onnx is not the network that lungs.json speaks of: write both with \`detl export-lungs\``,
    )
  // Last, whether the model had regions or not.
  const { files, int8, regions: _, ...rest } = manifest
  const fields = { ...rest, regions: regionsIn(facts, digestOf(added)) }
  const onnx = addRegions(plain, added, { 'detl.manifest': JSON.stringify(fields) })
  return {
    onnx,
    manifest: parseManifest({ ...fields, int8, files: { ...files, 'model.onnx': digestOf(onnx) } }),
  }
}

/**
 * Which network goes into a model that is written anew: what is asked for, else the one that the model in that folder has. So none is lost by the way.
 * @param asked its folder; false: none
 * @param places where networks lie, besides the folder's own neighbours
 * @returns undefined where there is none
 * @throws ConvertError unsupported-option where the network of the model that is there is not found
 */
export function lungsFor(
  out: string,
  asked: string | false | undefined,
  places: readonly string[] = [],
): string | undefined {
  if (asked !== undefined) return asked || undefined
  const network = existsSync(join(out, 'manifest.json')) ? readManifest(out).regions?.network : undefined
  if (!network) return undefined
  const folders = [join(out, '..'), ...places].map((place) => join(place, network.name))
  const isIt = (folder: string) => {
    const path = join(folder, 'model.onnx')
    return existsSync(path) && digestOf(readFileSync(path)) === network.sha256
  }
  const found = folders.find(isIt)
  if (found) return found
  throw new ConvertError(
    'unsupported-option',
    `the model in ${out} outlines lungs with ${network.name} ${network.version}, which was not found (looked in ${folders.join(' and ')}): name its folder with --lungs, or leave lungs out with --no-lungs`,
  )
}

/** The facts that `exportLungs` put into its model; undefined in any other. */
function factsIn(onnx: Uint8Array): unknown {
  const found = new OnnxModel(onnx).proto.metadataProps.find(({ key }) => key === LUNGS_METADATA)
  return found?.value === undefined ? undefined : JSON.parse(found.value)
}

function readOnnx(folder: string): Buffer {
  const path = join(folder, 'model.onnx')
  if (!existsSync(path)) throw new ConvertError('model-unreadable', `${path}: no such file`)
  return readFileSync(path)
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
