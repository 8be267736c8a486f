import { screeningSchema } from '@detl/core/api/screening'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { edgeApp } from '../support/edge-app.ts'
import { chestPng } from '../support/images.ts'
import { testManifest } from '../support/manifest.ts'

/** The stand-in of the GPU function measures a distance of 0 to 100. */
const measuring = (threshold: number) =>
  edgeApp({
    manifest: testManifest({
      outOfDistribution: { method: 'mahalanobis', output: 'ood_score', threshold },
    }),
  })
const codesOf = (json: unknown) => screeningSchema.parse(json).quality.warnings.map(({ code }) => code)

describe('an image that is unlike the training images by the model’s own measure', () => {
  let edge: Awaited<ReturnType<typeof edgeApp>>
  let png: Uint8Array<ArrayBuffer>
  beforeAll(async () => {
    edge = await measuring(1)
    png = await chestPng()
  })
  afterAll(() => edge.stop())

  it('says so in the quality of the answer, and again in a repeat with the same Idempotency-Key', async () => {
    for (const replayed of [null, 'true']) {
      const response = await edge.screen(png, { 'idempotency-key': 'far' })
      expect([response.status, response.headers.get('idempotency-replayed')]).toEqual([200, replayed])
      expect(codesOf(await response.json())).toContain('out-of-distribution')
    }
  })

  it('says so in the notes of the FHIR answer', async () => {
    const report = await edge.screen(png, { accept: 'application/fhir+json' })
    expect(await report.text()).toContain('unlike those that the model was trained on')
  })

  it('says so in the answer of a job', async () => {
    const { key } = await edge.newKey('demo', { scopes: ['screenings:write', 'screenings:read'] })
    const authorization = `Bearer ${key}`
    const accepted = await edge.screen(png, { authorization, prefer: 'respond-async' })
    expect(accepted.status).toBe(202)
    await edge.runJobs()
    const answer = await edge.call('GET', accepted.headers.get('location')!, key)
    expect(JSON.stringify(await answer.json())).toContain('out-of-distribution')
  })
})

it('an image within the threshold has nothing said of it', async () => {
  const edge = await measuring(101)
  expect(codesOf(await (await edge.screen(await chestPng())).json())).not.toContain('out-of-distribution')
  await edge.stop()
})
