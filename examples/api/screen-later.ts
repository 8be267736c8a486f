/**
 * Screens an X-ray without waiting on the connection, by the types of the contract:
 * `node examples/api/screen-later.ts http://127.0.0.1:8787 detl_test_… chest.png`
 */
import { readFile } from 'node:fs/promises'
import type { components, paths } from '@detl/core/api/contract'
import createClient from 'openapi-fetch'

type Job = components['schemas']['Job']

const POLL_MS = 250

export async function screenLater(
  options: { baseUrl: string; key: string; fetch?: (request: Request) => Promise<Response> },
  image: Uint8Array<ArrayBuffer>,
): Promise<Job> {
  const { baseUrl, key, fetch } = options
  const api = createClient<paths>({
    baseUrl,
    headers: { authorization: `Bearer ${key}` },
    ...(fetch && { fetch }),
  })
  const submitted = await api.POST('/v1/screenings', {
    params: { header: { prefer: 'respond-async', 'idempotency-key': crypto.randomUUID() } },
    body: image as never, // the document says "binary"; TypeScript's type of it is string
    bodySerializer: () => image,
    headers: { 'content-type': 'image/png' },
  })
  if (submitted.error) throw new Error(`${submitted.error.title}: ${submitted.error.detail}`)
  const id = submitted.response.headers.get('location')?.split('/').at(-1) ?? ''
  for (;;) {
    const { data, error } = await api.GET('/v1/screenings/{id}', { params: { path: { id } } })
    if (error) throw new Error(`${error.title}: ${error.detail}`)
    if (data.status !== 'queued') return data
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

const [, script, baseUrl, key, file] = process.argv
if (script === import.meta.filename && baseUrl && key && file) {
  const { status, screening, problem } = await screenLater(
    { baseUrl, key },
    new Uint8Array(await readFile(file)),
  )
  console.log(status, screening?.probabilities ?? problem)
}
