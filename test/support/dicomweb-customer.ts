import type { KeyInput } from '@detl/core/api/account'
import { writeRelated } from '@detl/core/wire/multipart-related'
import type { edgeApp } from './edge-app.ts'

export const BASE = '/v1/dicomweb'

/** Of DICOM JSON. */
export type Item = Record<string, { vr: string; Value?: unknown[]; BulkDataURI?: string }>

/** Makes customers of an edge who store and fetch by DICOMweb, each with an account of its own. */
export function customersOf(edge: Awaited<ReturnType<typeof edgeApp>>) {
  let accounts = 0
  return async function customer({
    keepHours,
    mode = 'live',
  }: {
    keepHours?: number
    mode?: KeyInput['mode']
  } = {}) {
    const id = `web${accounts++}`
    await edge.account(id)
    const { key } = await edge.newKey(id, {
      mode,
      scopes: ['screenings:write', 'screenings:read', 'usage:read', 'account:write'],
    })
    const keep = async (hours: number | undefined, keepObjects?: readonly string[]) =>
      edge.call('PUT', '/v1/account/settings', key, {
        operatingPoint: 'balanced',
        prevalence: {},
        ...(hours !== undefined && { keepHours: hours }),
        ...(keepObjects && { keepObjects }),
      })
    if (keepHours !== undefined) await keep(keepHours)
    const get = (path: string, accept?: string) =>
      edge.request(path, { headers: { authorization: `Bearer ${key}`, ...(accept && { accept }) } })
    return {
      id,
      key,
      keep,
      get,
      json: async (path: string) => (await (await get(path)).json()) as Item[],
      store: async (...objects: Uint8Array[]) => {
        const { type, body } = writeRelated(objects)
        const headers = { authorization: `Bearer ${key}`, 'content-type': type }
        return edge.request(`${BASE}/studies`, { method: 'POST', headers, body })
      },
      forget: (path: string) => edge.call('DELETE', path, key),
    }
  }
}
