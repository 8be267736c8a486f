import { expect, it } from 'vitest'
import { screenLater } from '../../examples/api/screen-later.ts'
import { edgeApp } from '../support/edge-app.ts'
import { chestPng } from '../support/images.ts'

it('examples/api/screen-later.ts gets the scores of an X-ray, and the reason of a refusal', async () => {
  const edge = await edgeApp()
  const options = {
    baseUrl: 'http://edge',
    key: edge.key,
    fetch: async (request: Request) => {
      const response = await edge.request(request)
      await edge.runJobs()
      return response
    },
  }
  const { status, screening } = await screenLater(options, await chestPng())
  expect([status, screening?.heatmaps.length]).toEqual(['succeeded', 4])
  await expect(screenLater(options, new Uint8Array(8))).rejects.toThrow('The image format is not supported')
  await edge.stop()
})
