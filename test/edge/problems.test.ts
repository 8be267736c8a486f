import { PROBLEMS } from '@detl/core/api/problem'
import { describe, expect, it } from 'vitest'

/** Of the wire between edge and GPU function: no caller of the API sees them. */
const INTERNAL_WIRE = /^(signature-|preprocess-mismatch|deadline-exceeded)/

type Row = [string, { status: number; title: string; remedy: string }]

describe('docs/problems.md', () => {
  it('lists every code with its status (rewrite it with: npx vitest run test/edge/problems.test.ts -u)', async () => {
    const row = ([code, { status, title, remedy }]: Row) =>
      `| \`${code}\` | ${status} | ${title} | ${remedy} |`
    const table = (rows: Row[]) =>
      ['| code | status | meaning | what to do |', '| --- | --- | --- | --- |', ...rows.map(row)].join('\n')
    const all = Object.entries(PROBLEMS)
    const text = [
      '# Problems',
      '',
      'Refusals are problem details (RFC 9457, `application/problem+json`). `type` is `/problems/` and the code; codes are stable, texts are not.',
      '`instance` holds the id of the request, which the log has too. What passes by itself comes with `Retry-After`.',
      '',
      table(all.filter(([code]) => !INTERNAL_WIRE.test(code))),
      '',
      'Between the edge and the GPU function:',
      '',
      table(all.filter(([code]) => INTERNAL_WIRE.test(code))),
      '',
    ].join('\n')
    await expect(text).toMatchFileSnapshot('../../docs/problems.md')
  })
})
