import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chestDicom } from '../support/chest-dicom.ts'
import { validateFhir } from '../support/fhir-validator.ts'
import { serviceFor } from '../support/gateway.ts'
import { noJava } from '../support/java.ts'

const WAIT = { interval: 50 }
type Entry = { fullUrl: string; resource: { resourceType: string }; request: { ifNoneExist?: string } }

/** A FHIR server that gives tokens to whom it knows, knows one patient, and makes what `ifNoneExist` does not find. */
async function fhirServer(jwk: Awaited<ReturnType<typeof exportJWK>>) {
  const keys = createLocalJWKSet({ keys: [{ ...jwk, kid: 'k1', alg: 'ES384' }] })
  const reports = new Map<string, Entry['resource'] & Record<string, unknown>>()
  const state = {
    reports,
    bundles: {} as Record<string, string>,
    tokens: 0,
    requests: 0,
    patientKnown: false,
  }
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    const answer = (status: number, json: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json))
    const url = `http://${request.headers.host}`
    if (request.url === '/fhir/.well-known/smart-configuration')
      return answer(200, { token_endpoint: `${url}/token` })
    if (request.url === '/token') {
      const form = new URLSearchParams(body)
      await jwtVerify(form.get('client_assertion')!, keys, {
        issuer: 'gateway',
        subject: 'gateway',
        audience: `${url}/token`,
        maxTokenAge: '5m',
      }).catch(() => answer(401, {}))
      if (response.headersSent) return
      state.tokens++
      return answer(200, {
        access_token: `token-${state.tokens}`,
        token_type: 'bearer',
        expires_in: 300,
        scope: form.get('scope'),
      })
    }
    state.requests++
    if (!/^Bearer token-\d+$/.test(request.headers.authorization ?? '')) return answer(401, {})
    const bundle = JSON.parse(body) as { type: string; entry: Entry[] }
    if (bundle.type !== 'transaction') return answer(400, {})
    if (!state.patientKnown) return answer(400, { resourceType: 'OperationOutcome' })
    const [report] = bundle.entry
    state.bundles[(report!.resource as { status?: string }).status!] = body
    const known = reports.has(report!.request.ifNoneExist!)
    reports.set(report!.request.ifNoneExist!, report!.resource as never)
    // The first answer is lost on its way.
    if (state.requests % 2 === 0 && !known) return request.socket.destroy()
    return answer(200, {
      resourceType: 'Bundle',
      type: 'transaction-response',
      entry: bundle.entry.map(() => ({ response: { status: known ? '200 OK' : '201 Created' } })),
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return Object.assign(state, {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}/fhir`,
    stop: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  })
}

describe('a FHIR server with SMART Backend Services', () => {
  let service: Awaited<ReturnType<typeof serviceFor>>
  let server: Awaited<ReturnType<typeof fhirServer>>
  beforeAll(async () => {
    service = await serviceFor()
    const { publicKey, privateKey } = await generateKeyPair('ES384', { extractable: true })
    writeFileSync(
      join(service.dir, 'smart.json'),
      JSON.stringify({ ...(await exportJWK(privateKey)), kid: 'k1', alg: 'ES384' }),
    )
    server = await fhirServer(await exportJWK(publicKey))
    mkdirSync(join(service.dir, 'in'))
  })
  afterAll(async () => {
    await server?.stop()
    await service?.stop()
  })

  it('gets one report of each image, of the patient that the Patient ID names, also where an answer is lost or the patient comes later', async () => {
    const { queue, stop } = await service.start({
      folders: [{ path: 'in', everyS: 0.05 }],
      destinations: {
        ehr: {
          kind: 'fhir',
          url: server.url,
          patientSystem: 'urn:oid:1.2.3',
          smart: { clientId: 'gateway', key: 'smart.json' },
        },
      },
    })
    for (const [i, photometric] of ['MONOCHROME2', 'PALETTE COLOR'].entries())
      writeFileSync(
        join(service.dir, 'in', `${i}.dcm`),
        chestDicom(96, {
          '0020000d': ['UI', `2.25.5${i}`],
          '00080018': ['UI', `2.25.6${i}`],
          '00280004': ['CS', photometric],
        }),
      )
    await expect.poll(() => queue.counts().retried ?? 0, WAIT).toBeGreaterThan(1)
    expect(server.reports.size).toBe(0)
    server.patientKnown = true
    await expect.poll(() => queue.state().items, WAIT).toEqual({ done: 2 })
    await stop()
    const reports = [...server.reports.values()]
    expect(reports.map(({ status }) => status).sort()).toEqual(['cancelled', 'preliminary'])
    for (const report of reports)
      expect(report.subject).toEqual({ reference: 'Patient?identifier=urn%3Aoid%3A1.2.3%7CPAT-0815' })
    expect(String(reports.find(({ status }) => status === 'cancelled')!.conclusion)).toContain(
      'was not scored',
    )
    expect(server.tokens).toBe(1) // used again until it ends
  })

  it.skipIf(noJava)(
    `gets Bundles in which HL7’s validator finds no error, of a report and of a refusal${noJava ? ` (${noJava})` : ''}`,
    async () => {
      expect(Object.keys(server.bundles).sort()).toEqual(['cancelled', 'preliminary'])
      expect(await validateFhir(server.bundles)).toEqual({ errors: [], warnings: [] })
    },
    300_000,
  )
})
