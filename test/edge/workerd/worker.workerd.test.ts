import { exports } from 'cloudflare:workers'
import { expect, it } from 'vitest'

it('answers a misconfigured deployment as a problem, without its reason', async () => {
  const response = await exports.default.fetch('http://edge/v1/health')
  expect(response.status).toBe(500)
  expect(await response.json()).toMatchObject({
    type: '/problems/internal',
    detail: 'The service is not configured.',
  })
})
