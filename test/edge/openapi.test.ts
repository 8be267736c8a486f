import { createRequire } from 'node:module'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import spectral from '@stoplight/spectral-core'
import rulesets from '@stoplight/spectral-rulesets'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { edgeApp } from '../support/edge-app.ts'

let edge: Awaited<ReturnType<typeof edgeApp>>
let text: string
beforeAll(async () => {
  edge = await edgeApp()
  const response = await edge.request('/v1/openapi.json')
  text = `${JSON.stringify(await response.json(), null, 2)}\n`
})
afterAll(() => edge.stop())

describe('the OpenAPI document', () => {
  it('is the one in docs/ (rewrite it with: npx vitest run test/edge/openapi.test.ts -u)', async () => {
    await expect(text).toMatchFileSnapshot('../../docs/openapi.json')
  })

  it('gives the types in core/src/api/contract.ts', async () => {
    // Its TypeScript is another one than ours: it is installed beside the edge.
    const require = createRequire(new URL('../../edge/package.json', import.meta.url))
    const { default: generate, astToString } = require('openapi-typescript') as {
      default: (source: string) => Promise<unknown>
      astToString: (ast: unknown) => string
    }
    const types = `/** Generated from docs/openapi.json by test/edge/openapi.test.ts. */\n${astToString(await generate(text))}`
    await expect(types).toMatchFileSnapshot('../../core/src/api/contract.ts')
  })

  it('passes Spectral', async () => {
    const linter = new spectral.Spectral()
    // The rulesets' own types lag behind their versions.
    linter.setRuleset({ extends: [[rulesets.oas, 'recommended']] } as unknown as Parameters<
      typeof linter.setRuleset
    >[0])
    const findings = await linter.run(text)
    expect(findings.map(({ code, path, message }) => `${code} ${path.join('/')}: ${message}`)).toEqual([])
  })

  it('passes Redocly', async () => {
    const config = await createConfig({
      extends: ['recommended'],
      rules: { 'operation-4xx-response': 'off' }, // health and model take nothing that could be refused
    })
    const findings = await lintFromString({ source: text, absoluteRef: '/openapi.json', config })
    expect(findings.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([])
  })

  it('is a page to read, also where no script runs, with every operation and schema and scripts of its own alone', async () => {
    const response = await edge.request('/v1/docs')
    const page = await response.text()
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(page).not.toMatch(/<script(?! defer src="\/reference\/)|https?:\/\/[^\s"<]*\.js/)
    const ids = [...text.matchAll(/"operationId": "(\w+)"/g)].map((match) => match[1]!)
    expect(ids.length).toBeGreaterThan(20)
    for (const id of ids) expect(page).toContain(`<section id="${id}">`)
    expect(page).toContain('id="schema-Screening"')

    const problem = (await (await edge.request('/v1/usage')).json()) as { type: string }
    const there = await edge.request(problem.type)
    const [path, anchor] = there.headers.get('location')!.split('#')
    expect([there.status, path]).toEqual([302, '/v1/docs'])
    expect(page).toContain(`<tr id="${anchor}">`)
    expect((await edge.request('/problems/constructor')).status).toBe(404)
  })
})
