import { AppError } from '@detl/core/api/problem'
import type { Manifest } from '@detl/core/model/manifest'

/**
 * model.onnx from the page's static assets, where `web`'s build lays it.
 * @throws AppError upstream-unavailable when it is not there or is not the manifest's
 */
export async function readModelAsset(
  assets: { fetch(url: string): Promise<Response> },
  manifest: Pick<Manifest, 'files' | 'name'>,
): Promise<Uint8Array> {
  const response = await assets.fetch('https://assets/model/model.onnx') // the host is not looked at
  if (!response.ok) {
    throw new AppError('upstream-unavailable', `the edge has no model of its own (${response.status})`)
  }
  const bytes = new Uint8Array(await response.arrayBuffer())
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  const sha256 = Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')
  if (sha256 !== manifest.files['model.onnx']) {
    throw new AppError(
      'upstream-unavailable',
      `the edge’s own model is not the ${manifest.name} that it serves`,
    )
  }
  return bytes
}
