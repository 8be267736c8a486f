import { once } from 'node:events'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { jobSchema } from '@detl/core/api/job'
import { screeningSchema } from '@detl/core/api/screening'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chestDicom, PATIENT } from '../support/chest-dicom.ts'
import { detl } from '../support/detl-process.ts'
import { edgeProcess, SECRETS } from '../support/edge-process.ts'
import { freePort } from '../support/free-port.ts'
import { gpuStandIn } from '../support/gpu-stand-in.ts'
import { chestPng } from '../support/images.ts'
import { testManifest } from '../support/manifest.ts'

/** A receiver of webhooks; `dead` takes calls and never answers. */
async function startReceiver(dead: boolean) {
  const received: { body: string; headers: Record<string, string> }[] = []
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    received.push({ body, headers: request.headers as Record<string, string> })
    if (!dead) response.writeHead(204).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** In workerd on its real storage and queues, as `detl serve edge` runs it. */
describe('the edge as a service', () => {
  let gpu: Awaited<ReturnType<typeof gpuStandIn>>
  let edge: Awaited<ReturnType<typeof edgeProcess>>
  let key: string
  const manifest = testManifest()

  beforeAll(async () => {
    gpu = await gpuStandIn(manifest)
    edge = await edgeProcess({
      manifest,
      gpuUrl: gpu.url,
      port: await freePort(),
      vars: { FALLBACK: 'fail', WEBHOOK_ALLOW_LOCAL: 'true' },
    })
    await edge.admin('PUT', '/accounts/clinic', { name: 'clinic', plan: { kind: 'postpaid' } })
    const scopes = ['screenings:write', 'screenings:read', 'usage:read', 'account:write']
    const made = await edge.admin<{ key: string }>('POST', '/accounts/clinic/keys', {
      name: 'k',
      mode: 'live',
      scopes,
    })
    key = made.key
  }, 180_000) // some seconds; more where the machine has other work
  afterAll(async () => {
    await edge?.stop()
    await gpu?.stop()
  })

  const call = (
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: RequestInit['body'],
  ) =>
    fetch(edge.url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, ...headers },
      ...(body !== undefined && { body: body as string }),
    })

  it('takes keys from `detl keys`, and refuses a revoked one at the next request', async () => {
    const run = async (...args: string[]) => {
      const { exit, output } = detl(['keys', ...args, '--edge', edge.url], {
        DETL_ADMIN_KEY: SECRETS.adminKey,
      })
      expect([await exit, output()]).toEqual([0, expect.any(String)])
      return output()
    }
    const made = /detl_test_\w+/.exec(await run('create', 'practice', '--mode', 'test'))?.[0] ?? ''
    const png = await chestPng()
    const screen = () => call('POST', '/v1/screenings', { authorization: `Bearer ${made}` }, png)
    expect((await screen()).status).toBe(200)
    const id = made.split('_')[3]!
    expect(await run('list', 'practice')).toContain(id)
    await run('revoke', 'practice', id)
    expect((await screen()).status).toBe(401)
  }, 60_000)

  it('answers later, and tells a live receiver while a dead one hangs', async () => {
    const [dead, live] = [await startReceiver(true), await startReceiver(false)]
    const secrets: string[] = []
    for (const { url } of [dead, live]) {
      const made = await call(
        'POST',
        '/v1/webhooks',
        { 'content-type': 'application/json' },
        JSON.stringify({ url }),
      )
      secrets.push(((await made.json()) as { secret: string }).secret)
    }
    const accepted = await call('POST', '/v1/screenings', { prefer: 'respond-async' }, await chestPng(5))
    expect(accepted.status).toBe(202)
    const location = accepted.headers.get('location')!
    await expect.poll(() => live.received.length, { timeout: 8000 }).toBe(1) // the dead one is waited for longer
    const { body, headers } = live.received[0]!
    expect(new Webhook(secrets[1]!).verify(body, headers)).toMatchObject({
      data: { id: location.split('/').at(-1) },
    })
    const job = jobSchema.parse(await (await call('GET', location)).json())
    expect(job.status).toBe('succeeded')
    expect(screeningSchema.safeParse(job.screening).success).toBe(true)
    await Promise.all([dead.stop(), live.stop()])
  }, 30_000)

  it('keeps and logs nothing of the X-rays or of the patient', async () => {
    const png = await chestPng(77, 80)
    const dicom = chestDicom()
    const form = new FormData()
    form.append('image', new Blob([png]), 'Mustermann-Erika-1970.png')
    const sent: [Record<string, string>, RequestInit['body']][] = [
      [{}, png],
      [{ 'idempotency-key': 'p1' }, dicom],
      [{ prefer: 'respond-async' }, dicom],
      [{ accept: 'multipart/related; type="application/dicom"' }, dicom],
      [{ accept: 'application/fhir+json', 'fhir-subject': 'Patient/secret-patient-7' }, png],
      [{}, form],
      [{}, dicom.subarray(0, 4000)],
    ]
    const statuses: number[] = []
    const answers: string[] = []
    for (const [headers, body] of sent) {
      const response = await call('POST', '/v1/screenings', headers, body)
      statuses.push(response.status)
      answers.push(await response.text())
    }
    expect(statuses).toEqual([200, 200, 202, 200, 200, 200, 422])
    const { probabilities } = screeningSchema.parse(JSON.parse(answers[1]!))
    const places = [edge.log(), ...filesBelow(edge.dir).map((file) => readFileSync(file).toString('latin1'))]
    expect(places.some((text) => text.includes('SQLite format 3'))).toBe(true) // there is storage to look into

    const traces: Record<string, string> = {
      "patient's name": Buffer.from(PATIENT.name.split('^')[0]!).toString('latin1'),
      'patient id': PATIENT.id,
      'accession number': PATIENT.accession,
      'study UID': PATIENT.study,
      'file name': 'Mustermann',
      'FHIR subject': 'secret-patient-7',
      'PNG bytes': Buffer.from(png.subarray(200, 232)).toString('latin1'),
      'DICOM pixels': Buffer.from(dicom.subarray(-9000, -8960)).toString('latin1'),
      'a score as text': String(probabilities.pneumonia),
      'a score as bytes': Buffer.from(Float32Array.of(probabilities.pneumonia).buffer).toString('latin1'),
      'the whole API key': key,
    }
    const found = Object.entries(traces).filter(([, trace]) => places.some((text) => text.includes(trace)))
    expect(found.map(([what]) => what)).toEqual([])
  }, 30_000)
})

function filesBelow(dir: string): string[] {
  return readdirSync(dir).flatMap((name) => {
    const path = join(dir, name)
    return statSync(path).isDirectory() ? filesBelow(path) : [path]
  })
}
