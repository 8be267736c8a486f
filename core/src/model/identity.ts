import type { Manifest } from './manifest.ts'

/** What tells one model from another; null where the one who serves it does not say. */
export type ModelIdentity = {
  readonly name: string
  readonly version: string | null
  /** SHA-256 of model.onnx, lower-case hex: the weights. */
  readonly onnx: string | null
  /** SHA-256 of the manifest's content, lower-case hex: thresholds, gate and preprocessing too. */
  readonly manifest: string | null
}

/**
 * The identity that a manifest states. Its digest is over the content, with sorted keys, so that spaces and the order of fields do not count.
 * @example const { manifest } = await identityOf(parseManifest(json)) // '3f0c…', 64 digits
 */
export async function identityOf(manifest: Manifest): Promise<ModelIdentity & { readonly manifest: string }> {
  const { name, version, files } = manifest
  const bytes = new TextEncoder().encode(JSON.stringify(sorted(manifest)))
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return { name, version, onnx: files['model.onnx'] ?? null, manifest: hex }
}

/** Whether two are one model, as far as both say what they are. */
export const sameModel = (a: ModelIdentity, b: ModelIdentity): boolean =>
  (['name', 'version', 'onnx', 'manifest'] as const).every(
    (field) => a[field] === null || b[field] === null || a[field] === b[field],
  )

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, field]) => [key, sorted(field)]))
}
