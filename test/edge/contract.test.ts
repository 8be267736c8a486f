import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import fc from 'fast-check'
import { generate } from 'json-schema-faker'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import openapi from '../../docs/openapi.json' with { type: 'json' }
import { chestDicom } from '../support/chest-dicom.ts'
import { ADMIN_KEY, edgeApp } from '../support/edge-app.ts'
import { chestPng } from '../support/images.ts'
import { OPERATING_POINTS, testManifest } from '../support/manifest.ts'

type Schema = Record<string, unknown>
type Operation = {
  operationId: string
  security: Record<string, unknown>[]
  parameters?: { name: string; in: string; schema: Schema }[]
  requestBody?: { content: Record<string, { schema: Schema }> }
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>
}

const operations = Object.entries(openapi.paths).flatMap(([path, item]) =>
  Object.entries(item as unknown as Record<string, Operation>).map(([method, operation]) => ({
    title: `${method.toUpperCase()} ${path}`,
    path,
    method: method.toUpperCase(),
    operation,
  })),
)

const ajv = new Ajv2020({ strict: false, allErrors: true })
addFormats.default(ajv)
ajv.addSchema(openapi, 'openapi')
/** References of the document resolve in the document. */
const inDocument = (schema: Schema): Schema =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"openapi#/components'))

let edge: Awaited<ReturnType<typeof edgeApp>>
let images: Uint8Array<ArrayBuffer>[]
const bearer: string[] = []
beforeAll(async () => {
  edge = await edgeApp({ manifest: testManifest({ operatingPoints: OPERATING_POINTS }) })
  const limits = { perMinute: 100_000, perKeyPerMinute: 100_000, testPerDay: 1e6 }
  await edge.account('demo', { limits })
  const scopes = ['screenings:write', 'screenings:read', 'usage:read', 'keys:write', 'account:write'] as const
  const { key } = await edge.newKey('demo', { mode: 'test', scopes: [...scopes] })
  bearer.push(key, ADMIN_KEY)
  images = [await chestPng(1, 40), chestDicom(40)]
})
afterAll(() => edge.stop())

/** Whatever came back is what the document says of that route: status, media type, and, of JSON, the shape. */
async function expectDocumented({ operation, title }: (typeof operations)[number], response: Response) {
  const text = await response.clone().text()
  expect(response.status, `${title}: ${text}`).not.toBe(500)
  const documented = operation.responses[String(response.status)]
  expect(documented, `${title} answers ${response.status}: ${text.slice(0, 300)}`).toBeDefined()
  if (response.status === 204) {
    expect([text, documented?.content], title).toEqual(['', undefined])
    return
  }
  const type = response.headers.get('content-type')?.split(';')[0] ?? ''
  const content = documented?.content?.[type]
  expect(content, `${title} answers ${response.status} as ${type}`).toBeDefined()
  if (!/json$/.test(type) || !content) return
  const validate = ajv.compile(inDocument(content.schema))
  expect(
    validate(JSON.parse(text)),
    `${title} ${response.status}: ${ajv.errorsText(validate.errors)}\n${text}`,
  ).toBe(true)
}

const hostileText = fc.oneof(
  fc.constantFrom(
    '',
    '0',
    'null',
    '../..',
    '%00',
    '%',
    "' OR 1=1 --",
    'a'.repeat(300),
    '１２３',
    '__proto__',
    '🫁',
    '-1',
    '1e999',
  ),
  fc.string({ maxLength: 40 }),
)
/** Header values as a client can send them: no line breaks, Latin-1. */
const headerText = hostileText.map((text) => text.replace(/[^\x21-\x7e\xa1-\xff]/g, '?'))
const authorization = fc.oneof(
  { weight: 8, arbitrary: fc.constant('right') },
  { weight: 1, arbitrary: fc.constantFrom('none', 'wrong', 'other') },
  { weight: 1, arbitrary: headerText },
)

function authorize(how: string, { operation }: (typeof operations)[number]): Record<string, string> {
  const [key, admin] = bearer as [string, string]
  const asAdmin = operation.security.some((scheme) => 'adminKey' in scheme)
  if (how === 'none') return {}
  if (how === 'right') return { authorization: `Bearer ${asAdmin ? admin : key}` }
  if (how === 'other') return { authorization: `Bearer ${asAdmin ? key : admin}` }
  return { authorization: how === 'wrong' ? 'Bearer detl_live_nobody' : `Bearer ${how}` }
}

const calls = fc.record({
  auth: authorization,
  path: fc.array(fc.oneof(fc.constantFrom('demo', 'abc123'), hostileText), { minLength: 3, maxLength: 3 }),
  query: fc.option(hostileText, { nil: undefined }),
  seed: fc.nat(),
  body: fc.oneof(
    { weight: 4, arbitrary: fc.constant('from the schema' as const) },
    { weight: 2, arbitrary: fc.json() },
    { weight: 1, arbitrary: hostileText },
  ),
  type: fc.oneof(
    { weight: 6, arbitrary: fc.constant('application/json') },
    { weight: 1, arbitrary: headerText },
  ),
})

describe('every route, under generated and hostile requests, answers as the document says and never 500', () => {
  it.each(operations.filter(({ operation }) => operation.operationId !== 'createScreening'))(
    '$title',
    async (route) => {
      const { operation, path, method } = route
      const bodySchema = operation.requestBody?.content['application/json']?.schema
      await fc.assert(
        fc.asyncProperty(calls, async (call) => {
          let i = 0
          const target = path.replaceAll(/\{\w+\}/g, () => encodeURIComponent(call.path[i++] || 'x'))
          const query = new URLSearchParams()
          for (const parameter of operation.parameters ?? [])
            if (parameter.in === 'query' && call.query !== undefined) query.set(parameter.name, call.query)
          const body =
            call.body !== 'from the schema'
              ? call.body
              : bodySchema &&
                JSON.stringify(await generate(bodySchema as never, { seed: call.seed } as never))
          const withBody = method !== 'GET' && body !== undefined
          const response = await edge.request(`${target}?${query}`, {
            method,
            headers: { ...authorize(call.auth, route), ...(withBody && { 'content-type': call.type }) },
            ...(withBody && { body }),
          })
          // A path that is hostile enough is another route, or none.
          if (response.status === 404 && call.path.slice(0, i).some((part) => !/^[a-z0-9]{3,24}$/.test(part)))
            return
          await expectDocumented(route, response)
        }),
        { numRuns: 60, seed: 7 },
      )
    },
  )

  it('POST /v1/screenings', async () => {
    const route = operations.find(({ operation }) => operation.operationId === 'createScreening')!
    const accept = fc.oneof(
      { weight: 1, arbitrary: headerText },
      {
        weight: 7,
        arbitrary: fc.constantFrom(
          'application/json',
          'application/fhir+json',
          'application/dicom',
          'application/dicom;object=sr',
          'image/png',
          'multipart/related, */*',
          'text/html',
        ),
      },
    )
    const images_ = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.constantFrom<'png' | 'dicom' | 'none'>('png', 'dicom', 'png', 'dicom', 'none'),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          of: fc.constantFrom(0, 1),
          at: fc.double({ min: 0, max: 1, noNaN: true }),
          to: fc.nat(255),
        }),
      },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 600 }) },
    )
    const optional = fc.option(headerText, { nil: undefined, freq: 1 })
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          auth: authorization,
          accept,
          image: images_,
          idempotency: optional,
          subject: optional,
          type: headerText,
        }),
        async (call) => {
          const body = bodyOf(call.image)
          const response = await edge.request('/v1/screenings', {
            method: 'POST',
            headers: {
              ...authorize(call.auth, route),
              accept: call.accept,
              'content-type': call.type,
              ...(call.idempotency !== undefined && { 'idempotency-key': call.idempotency }),
              ...(call.subject !== undefined && { 'fhir-subject': call.subject }),
            },
            ...(body && { body }),
          })
          await expectDocumented(route, response)
        },
      ),
      { numRuns: 300, seed: 11 },
    )
  })
})

/** A whole image, one with a byte changed, or any bytes. */
function bodyOf(image: 'png' | 'dicom' | 'none' | Uint8Array | { of: number; at: number; to: number }) {
  if (image === 'none') return undefined
  if (image === 'png' || image === 'dicom') return images[image === 'png' ? 0 : 1]
  if (image instanceof Uint8Array) return new Uint8Array(image)
  const changed = new Uint8Array(images[image.of]!)
  changed[Math.floor(image.at * (changed.length - 1))] = image.to
  return changed
}
