import { once } from 'node:events'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { jobSchema } from '@detl/core/api/job'
import { screeningSchema } from '@detl/core/api/screening'
import { readRelated } from '@detl/core/wire/multipart-related'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chestDicom, PATIENT } from '../support/chest-dicom.ts'
import { detl } from '../support/detl-process.ts'
import { edgeProcess, SECRETS } from '../support/edge-process.ts'
import { gpuStandIn } from '../support/gpu-stand-in.ts'
import { chestPng } from '../support/images.ts'
import { startIssuer } from '../support/issuer.ts'
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

  let issuer: Awaited<ReturnType<typeof startIssuer>>

  beforeAll(async () => {
    gpu = await gpuStandIn(manifest)
    issuer = await startIssuer()
    edge = await edgeProcess({
      manifest,
      gpuUrl: gpu.url,
      vars: {
        FALLBACK: 'fail',
        WEBHOOK_ALLOW_LOCAL: 'true',
        OIDC_ISSUER: issuer.url,
        OIDC_AUDIENCE: 'detl',
        OIDC_JWKS_URL: `${issuer.url}/jwks`,
      },
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
    await issuer?.stop()
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

    const old = /detl_live_\w+/.exec(await run('create', 'practice', '--mode', 'live'))?.[0] ?? ''
    const next = /detl_live_\w+/.exec(
      await run('rotate', 'practice', old.split('_')[3]!, '--overlap', '0'),
    )?.[0]
    const by = (bearer: string) => call('GET', '/v1/usage', { authorization: `Bearer ${bearer}` })
    expect([(await by(old)).status, (await by(next ?? '')).status]).toEqual([401, 200])
    expect(await run('credits', 'practice', '25', '--reference', 'invoice-1')).toContain('has 25 credits')
  }, 180_000)

  it('takes tokens of its issuer, whose keys it fetches once, and nothing that only looks like one', async () => {
    const good = await issuer.token({ scope: 'usage:read', detl_account: 'clinic' })
    const status = async (token: string) =>
      (await call('GET', '/v1/usage', { authorization: `Bearer ${token}` })).status
    const many = await Promise.all(Array.from({ length: 10 }, () => status(good)))
    expect(new Set(many)).toEqual(new Set([200]))
    const before = issuer.fetched()
    expect(await status(good)).toBe(200)
    expect(issuer.fetched()).toBe(before)
    const [header, payload, signature] = good.split('.')
    const none = Buffer.from('{"alg":"none"}').toString('base64url')
    expect(await status(`${header}.${payload}.${signature!.slice(0, -4)}`)).toBe(401)
    expect(await status(`${none}.${payload}.`)).toBe(401)
    expect(
      await status(await issuer.token({ scope: 'usage:read', detl_account: 'clinic', aud: 'else' })),
    ).toBe(401)
    expect(await status(await issuer.token({ scope: '', detl_account: 'clinic' }))).toBe(403)
    expect(await status(await issuer.token({ scope: 'usage:read', detl_account: 'nobody' }))).toBe(401)
  })

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
  })

  it('keeps, over a restart, what is made of a stored image where the account chose so', async () => {
    const study = '2.25.909'
    const image = chestDicom(96, { '0020000d': ['UI', study] })
    const choose = (settings: object) =>
      call(
        'PUT',
        '/v1/account/settings',
        { 'content-type': 'application/json' },
        JSON.stringify({ operatingPoint: 'balanced', prevalence: {}, ...settings }),
      )
    expect((await choose({ keepHours: 1 })).status).toBe(200)
    const stored = await call('POST', '/v1/dicomweb/studies', { 'content-type': 'application/dicom' }, image)
    expect(stored.status, await stored.text()).toBe(200)
    expect((await choose({})).status).toBe(200)
    await edge.kill()
    await edge.start()
    const found = await call('GET', `/v1/dicomweb/studies/${study}/instances`)
    expect((await found.json()) as unknown[]).toHaveLength(2)
    const whole = await call('GET', `/v1/dicomweb/studies/${study}`)
    const parts = readRelated(
      whole.headers.get('content-type') ?? '',
      new Uint8Array(await whole.arrayBuffer()),
    )
    expect(parts.map(({ body }) => Buffer.from(body.subarray(128, 132)).toString())).toEqual(['DICM', 'DICM'])
  }, 180_000)

  it('keeps and logs nothing of the X-rays or of the patient that can be read', async () => {
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

    // What is kept is found this way: the first characters of a key, and the id of a screening.
    const kept = [key.slice(0, key.lastIndexOf('_')), (JSON.parse(answers[1]!) as { id: string }).id]
    for (const trace of kept) expect(places.some((text) => text.includes(trace))).toBe(true)

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
  })
})

function filesBelow(dir: string): string[] {
  return readdirSync(dir).flatMap((name) => {
    const path = join(dir, name)
    return statSync(path).isDirectory() ? filesBelow(path) : [path]
  })
}
