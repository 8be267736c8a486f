import { signal } from '@preact/signals'

/** What the endpoint offers beyond scores; the page hides the rest. */
export type Offers = {
  /** Media types that POST /v1/screenings answers with. */
  readonly representations: readonly string[]
  /** Paths of its OpenAPI document, such as /v1/usage. */
  readonly paths: readonly string[]
}

export const offers = signal<Offers>({ representations: [], paths: [] })

/** Reads the endpoint's OpenAPI document; an endpoint without one offers nothing more. */
export async function startOffers(): Promise<void> {
  try {
    const response = await fetch('/v1/openapi.json')
    if (response.ok) offers.value = readOffers(await response.json())
  } catch (error) {
    console.warn('what the endpoint offers is not known', error)
  }
}

export function readOffers(document: unknown): Offers {
  const paths = field(document, 'paths')
  const content = field(
    field(field(field(field(paths, '/v1/screenings'), 'post'), 'responses'), '200'),
    'content',
  )
  return { representations: names(content), paths: names(paths) }
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined

const names = (value: unknown) => (typeof value === 'object' && value !== null ? Object.keys(value) : [])
