import { readFileSync } from 'node:fs'
import { LAYERS } from '@detl/export/lowering/table'
import { supportPage } from '@detl/export/support'
import { expect, it } from 'vitest'

it('docs/onnx-support.md is what the tables say; `npm run support-page -w export` writes it', () => {
  const page = readFileSync(new URL('../../docs/onnx-support.md', import.meta.url), 'utf8')
  expect(page).toBe(supportPage())
  for (const name of Object.keys(LAYERS)) expect(page).toContain(`| \`${name}\` |`)
})
