import type { OpenAPIHono } from '@hono/zod-openapi'
import type { EdgeContext } from './context.ts'

/** Of the contract, apart from the model's and the software's versions: its first number is the one in the paths. */
const API_VERSION = '1.0.0'

const INFO = {
  title: 'DETL chest X-ray screening',
  version: API_VERSION,
  summary: 'Scores and heat maps for chest X-rays, paid per answered screening',
  description: [
    'Send a frontal chest X-ray (PNG, JPEG or DICOM), get the probabilities of four classes and a Grad-CAM heat map of each.',
    '',
    '**Research software, not a medical device.** The scores assist a qualified reader; they are not a diagnosis.',
    '',
    '- Nothing is kept: no image, no tensor, no map; reports and heat maps of images that came by DICOMweb only where the account chose so (`keepHours`), results of batches, sealed, for a week.',
    '- A screening is charged once, and only when it was answered. `Idempotency-Key` makes a repeat safe for 24 h.',
    '- Test keys (`detl_test_…`) get real scores and are never billed.',
    '- Refusals are RFC 9457 problem details; `type` is stable, texts are not.',
    '- Versions: what is added to version 1 (fields, codes, media types) breaks no client that ignores what it does not know; what would break one gets a new path, and the old one is announced with `Deprecation` and `Sunset` (RFC 9745, RFC 8594) for at least 12 months.',
  ].join('\n'),
  license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  contact: { name: 'Maintainers' },
}

const TAGS = [
  { name: 'account', description: 'Keys, usage and settings, by an API key with the scope' },
  { name: 'admin', description: 'Accounts, by who runs the service' },
  { name: 'dicomweb', description: 'X-rays from an archive (DICOM PS3.18)' },
  { name: 'batches', description: 'Archives: a manifest in, results out' },
  { name: 'screening', description: 'X-rays in, answers out' },
  { name: 'service', description: 'What runs here' },
]

/** The OpenAPI 3.1 document of the app's own routes: the schemas in it are those that validate. */
export function openApiDocument(app: OpenAPIHono<EdgeContext>) {
  app.openAPIRegistry.registerComponent('securitySchemes', 'apiKey', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key (`detl_live_…`, `detl_test_…`) or a JWT of the configured OpenID issuer',
  })
  app.openAPIRegistry.registerComponent('securitySchemes', 'adminKey', {
    type: 'http',
    scheme: 'bearer',
    description: 'The key of who runs the service',
  })
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: INFO,
    servers: [{ url: '/', description: 'Where this document lies' }],
    tags: TAGS,
  })
  for (const [path, item] of Object.entries(document.paths ?? {})) complete(path, item as PathItem)
  suitGenerators(document.components)
  return document
}

const NAMES: Readonly<Record<string, string>> = { account: 'Id of the account', key: 'Id of the key' }

type PathItem = Record<
  string,
  { summary?: string; description?: string; parameters?: { name: string; in: string }[] }
>

/** Parameters of the path that a route was mounted under are not in its own definition; a description is at least the summary. */
function complete(path: string, item: PathItem) {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!)
  for (const operation of Object.values(item)) {
    operation.description ??= `${operation.summary}.`
    const known = new Set(operation.parameters?.filter((p) => p.in === 'path').map((p) => p.name))
    const missing = names.filter((name) => !known.has(name))
    operation.parameters = [
      ...missing.map((name) => ({
        name,
        in: 'path',
        description: NAMES[name] ?? name,
        required: true,
        schema: { type: 'string', pattern: '^[a-z0-9]{3,24}$' },
      })),
      ...(operation.parameters ?? []),
    ]
  }
}

/**
 * What generators of clients need: a tuple is as long as its items say, and tools that know JSON Schema 2020-12 by halves want `items` to say
 * so too; whole numbers to choose from are integers, or Java's generator makes decimals of them, which do not compile.
 */
function suitGenerators(node: unknown) {
  if (typeof node !== 'object' || node === null) return
  const schema = node as {
    type?: unknown
    enum?: unknown[]
    prefixItems?: unknown[]
    items?: unknown
    minItems?: number
    maxItems?: number
  }
  if (schema.type === 'number' && schema.enum?.every(Number.isInteger)) schema.type = 'integer'
  if (Array.isArray(schema.prefixItems) && schema.items === undefined) {
    schema.items = {}
    schema.minItems = schema.maxItems = schema.prefixItems.length
  }
  for (const child of Object.values(node)) suitGenerators(child)
}
