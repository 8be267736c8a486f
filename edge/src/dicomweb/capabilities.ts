import type { Handler } from 'hono'
import type { EdgeContext } from '../context.ts'
import { BASE, baseOf } from './address.ts'
import { DICOM_JSON, preferred, RELATED_BYTES, RELATED_DICOM, STORE_TYPES } from './media-types.ts'

const WADL = 'application/vnd.sun.wadl+xml'
/** Of a preflight, which asks what a page may call; it is answered elsewhere. */
const PREFLIGHT = 'access-control-request-method'

type Method = {
  readonly name: 'GET' | 'POST' | 'DELETE'
  readonly id: string
  readonly takes?: readonly string[]
  readonly gives: readonly string[]
}
type Resource = {
  readonly path: string
  readonly methods: readonly Method[]
  readonly below?: readonly Resource[]
}

const METADATA: Resource = {
  path: 'metadata',
  methods: [{ name: 'GET', id: 'RetrieveMetadata', gives: [DICOM_JSON] }],
}
const retrieve = (id: string, gives: readonly string[] = [RELATED_DICOM]): Method => ({
  name: 'GET',
  id,
  gives,
})
const searchFor = (id: string): Method => ({ name: 'GET', id, gives: [DICOM_JSON] })
const forget = (id: string): Method => ({ name: 'DELETE', id, gives: [] })
const store = (id: string): Method => ({
  name: 'POST',
  id,
  takes: [RELATED_DICOM, 'application/dicom'],
  gives: STORE_TYPES,
})

/** The tree of resources and transactions (PS3.18, table H-1). */
const RESOURCES: readonly Resource[] = [
  {
    path: 'studies',
    methods: [searchFor('SearchForStudies'), store('StoreInstances')],
    below: [
      {
        path: '{study}',
        methods: [retrieve('RetrieveStudy'), store('StoreStudyInstances'), forget('DeleteStudy')],
        below: [
          METADATA,
          { path: 'instances', methods: [searchFor('SearchForStudyInstances')] },
          {
            path: 'series',
            methods: [searchFor('SearchForStudySeries')],
            below: [
              {
                path: '{series}',
                methods: [retrieve('RetrieveSeries'), forget('DeleteSeries')],
                below: [
                  METADATA,
                  {
                    path: 'instances',
                    methods: [searchFor('SearchForStudySeriesInstances')],
                    below: [
                      {
                        path: '{instance}',
                        methods: [
                          retrieve('RetrieveInstance', [RELATED_DICOM, 'application/dicom']),
                          forget('DeleteInstance'),
                        ],
                        below: [
                          METADATA,
                          { path: 'frames/{frames}', methods: [retrieve('RetrieveFrames', [RELATED_BYTES])] },
                          {
                            path: 'bulkdata/{tag}',
                            methods: [retrieve('RetrieveBulkdata', [RELATED_BYTES])],
                          },
                        ],
                      },
                    ],
                  },
                ],
              },
            ],
          },
        ],
      },
    ],
  },
  { path: 'series', methods: [searchFor('SearchForSeries')] },
  { path: 'instances', methods: [searchFor('SearchForInstances')] },
]

/** Retrieve Capabilities (PS3.18, section 8.9): what this service can do, as WADL. Nobody's data: it needs no key. */
export const capabilities: Handler<EdgeContext> = async (c, next) => {
  const ours = c.req.path === BASE || c.req.path.startsWith(`${BASE}/`)
  if (c.req.method !== 'OPTIONS' || !ours || c.req.header(PREFLIGHT) !== undefined) return next()
  const type = preferred(c.req.header('accept'), [WADL])
  const resources = RESOURCES.map(resource).join('')
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<application xmlns="http://wadl.dev.java.net/2009/02"><resources base="${escaped(baseOf(c))}">${resources}</resources></application>\n`
  return c.body(xml, 200, { 'content-type': type, allow: 'OPTIONS, GET, POST, DELETE' })
}

const resource = ({ path, methods, below = [] }: Resource): string =>
  `<resource path="${path}">${methods.map(method).join('')}${below.map(resource).join('')}</resource>`

const method = ({ name, id, takes = [], gives }: Method): string => {
  const accept = gives.map((type) => `<option value="${escaped(type)}"/>`).join('')
  const request = gives.length > 0 ? `<param name="Accept" style="header">${accept}</param>` : ''
  const representations = (types: readonly string[]) =>
    types.map((type) => `<representation mediaType="${escaped(type)}"/>`).join('')
  return `<method name="${name}" id="${id}"><request>${request}${representations(takes)}</request><response>${representations(gives)}</response></method>`
}

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
