import type { FoundPart } from '@detl/core/api/health'
import { identityOf } from '@detl/core/model/identity'
import { type Manifest, parseManifest } from '@detl/core/model/manifest'
import { webAssemblyFile } from '@detl/core/model/model-file'
import { precisionSchema } from '@detl/core/model/precision'
import { type SigningKey, signRequest } from '@detl/core/wire/signature'
import * as z from 'zod'
import type { InferService } from '../fallback/edge-infer.ts'

/** A part that has not answered by then is away. */
const WAIT_MS = 2000

/** Static assets, as a Worker's binding gives them. */
export type Assets = { fetch(url: string): Promise<Response> }

type Asked = {
  readonly manifest: Manifest
  readonly gpuUrls: readonly string[]
  readonly signingKey: SigningKey
  readonly infer: InferService | undefined
  /** What the page is served from. */
  readonly assets: Assets | undefined
}

/** Asks every part which model it has; none of it throws. */
export async function askParts({
  manifest,
  gpuUrls,
  signingKey,
  infer,
  assets,
}: Asked): Promise<FoundPart[]> {
  const gpus = gpuUrls.length === 0 ? [async () => 'absent' as const] : []
  const asked = [
    ...gpus.map((ask) => found('gpu', ask)),
    ...gpuUrls.map((url) => found('gpu', () => gpuModel(url, manifest.name, signingKey))),
    found('fallback', () => fallbackModel(infer, manifest)),
    found('device', () => deviceModel(assets)),
  ]
  return Promise.all(asked)
}

async function found(part: FoundPart['part'], ask: () => Promise<FoundPart['found']>): Promise<FoundPart> {
  let timer: ReturnType<typeof setTimeout> | null = null
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${WAIT_MS} ms`)), WAIT_MS)
  })
  try {
    return { part, found: await Promise.race([ask(), late]) }
  } catch (error) {
    console.warn(JSON.stringify({ level: 'warn', event: 'health', part, error: String(error) }))
    return { part, found: 'away' }
  } finally {
    clearTimeout(timer)
  }
}

/** Of `$metadata_model_response`, what our own GPU function says under `parameters`; other servers say name and versions. */
const metadataSchema = z.object({
  name: z.string(),
  parameters: z
    .object({
      version: z.string(),
      sha256: z.string(),
      manifest_sha256: z.string(),
      precision: precisionSchema,
      runs_sha256: z.string(),
    })
    .partial()
    .optional(),
})

type Answered = Exclude<FoundPart['found'], string>

async function gpuModel(url: string, model: string, key: SigningKey): Promise<Answered> {
  const path = `/v2/models/${model}`
  const headers = await signRequest({ method: 'GET', path, headers: {}, body: new Uint8Array(), key })
  const response = await fetch(url + path, { headers, signal: AbortSignal.timeout(WAIT_MS) })
  if (!response.ok) {
    await response.body?.cancel()
    throw new Error(`the inference server answered ${response.status} for its model "${model}"`)
  }
  const { name, parameters = {} } = metadataSchema.parse(await response.json())
  const { precision, runs_sha256: sha256 } = parameters
  return {
    model: {
      name,
      version: parameters.version ?? null,
      onnx: parameters.sha256 ?? null,
      manifest: parameters.manifest_sha256 ?? null,
    },
    runs: precision && sha256 ? { sha256, precision } : null,
  }
}

/** Of a part that has all files of a manifest. */
async function answered(manifest: Manifest): Promise<Answered> {
  const { sha256, precision } = webAssemblyFile(manifest)
  return { model: await identityOf(manifest), runs: { sha256, precision } }
}

async function fallbackModel(infer: InferService | undefined, manifest: Manifest) {
  const described = await infer?.describe(webAssemblyFile(manifest).sha256)
  if (!described) return 'absent'
  if (!described.ok) throw new Error(described.detail)
  if (described.manifest !== null) return answered(parseManifest(JSON.parse(described.manifest)))
  // A bucket holds models by their digest, and no manifest.
  const { model, runs } = await answered(manifest)
  return { model: { ...model, manifest: null }, runs }
}

async function deviceModel(assets: Assets | undefined) {
  const response = await assets?.fetch('https://page/model/manifest.json') // the host is not looked at
  if (response?.ok) return answered(parseManifest(await response.json()))
  await response?.body?.cancel()
  return 'absent'
}
