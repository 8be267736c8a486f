import { randomUUID } from 'node:crypto'
import { screeningSchema } from '@detl/core/api/screening'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { edgeApp } from '../support/edge-app.ts'
import { chestPng } from '../support/images.ts'
import { testManifest } from '../support/manifest.ts'
import { TEST_REGIONS } from '../support/regions.ts'

let edge: Awaited<ReturnType<typeof edgeApp>>
let png: Uint8Array<ArrayBuffer>
beforeAll(async () => {
  edge = await edgeApp({ manifest: testManifest({ regions: TEST_REGIONS }) })
  png = await chestPng(1)
})
afterAll(() => edge.stop())

const screeningIn = async (response: Response) => screeningSchema.parse(await response.json())

describe('a model that outlines lungs', () => {
  it('answers how much of them is opaque, and how much of each map lies in them', async () => {
    const { severity, heatmaps } = await screeningIn(await edge.screen(png))
    if (!severity?.assessable) throw new Error('not assessable')
    // The stand-in’s lungs are evenly opaque.
    expect(severity.extent.left.value).toBeCloseTo(severity.extent.right.value, 2)
    expect(severity.extent.left.value).toBeGreaterThan(0.05)
    expect(severity.score.high - severity.score.low).toBeGreaterThan(0)
    for (const { inLungs, max } of heatmaps) expect(inLungs !== undefined).toBe(max > 0)
  })

  it('answers a repeat alike', async () => {
    const headers = { 'idempotency-key': randomUUID() }
    const first = await screeningIn(await edge.screen(png, headers))
    const calls = edge.gpu.calls
    expect(await screeningIn(await edge.screen(png, headers))).toEqual(first)
    expect(edge.gpu.calls).toBe(calls)
    expect(first.severity).toBeDefined()
  })
})

it('is not told by a model that outlines none', async () => {
  const plain = await edgeApp()
  const screening = await screeningIn(await plain.screen(png))
  expect(screening.severity).toBeUndefined()
  expect(screening.heatmaps.some(({ inLungs }) => inLungs !== undefined)).toBe(false)
  await plain.stop()
})
