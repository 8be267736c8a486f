import type { BatchInfo } from '@detl/core/api/batch'
import { engine, unwrap } from '../engine/engine.ts'
import { answered, api, withKey } from './endpoint.ts'

export type BatchChange = 'pause' | 'resume' | 'cancel' | 'rerun'
export const RESULT_FILES = {
  csv: { accept: 'text/csv', extension: 'csv' },
  ndjson: { accept: 'application/x-ndjson', extension: 'ndjson' },
  fhir: { accept: 'application/fhir+ndjson', extension: 'fhir.ndjson' },
} as const
export type ResultFile = keyof typeof RESULT_FILES

/** The newest batches of the key's account. @throws PageError */
export const readBatches = async (key: string): Promise<readonly BatchInfo[]> =>
  unwrap(engine().readBatches(answered(await api.GET('/v1/batches', { headers: withKey(key) }))))

/** @param manifest where the images lie, one a line @throws PageError */
export async function createBatch(key: string, manifest: File): Promise<void> {
  const csv = /\.csv$/i.test(manifest.name) || manifest.type === 'text/csv'
  const made = await api.POST('/v1/batches', {
    params: { query: { name: manifest.name.slice(0, 200) } },
    headers: { ...withKey(key), 'content-type': csv ? 'text/csv' : 'application/x-ndjson' },
    // The contract knows the lines as one text; the file goes as it is.
    body: manifest as unknown as string,
    bodySerializer: (body) => body,
  })
  answered(made)
}

/** @throws PageError */
export async function changeBatch(key: string, batch: string, change: BatchChange): Promise<void> {
  const options = { headers: withKey(key), params: { path: { batch } } }
  answered(await api.POST(`/v1/batches/{batch}/${change}`, options))
}

/** @throws PageError */
export async function batchResults(key: string, batch: string, file: ResultFile): Promise<Blob> {
  const { accept } = RESULT_FILES[file]
  const options = {
    headers: { ...withKey(key), accept },
    params: { path: { batch } },
    parseAs: 'blob',
  } as const
  return answered(await api.GET('/v1/batches/{batch}/results', options))
}
