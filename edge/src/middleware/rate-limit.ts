import type { RateLimit } from '../ledger/ledger.ts'

/** `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10), the tightest policy first. */
export function rateLimitHeaders(rates: readonly RateLimit[]): [string, string][] {
  const tightestFirst = rates.toSorted((a, b) => a.remaining - b.remaining)
  const item = ({ policy }: RateLimit, fields: string) => `"${policy}";${fields}`
  return [
    [
      'RateLimit-Policy',
      tightestFirst.map((rate) => item(rate, `q=${rate.quota};w=${rate.windowS}`)).join(', '),
    ],
    ['RateLimit', tightestFirst.map((rate) => item(rate, `r=${rate.remaining};t=${rate.resetS}`)).join(', ')],
  ]
}
