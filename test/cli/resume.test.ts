import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ScreenLine } from '@detl/cli/screen/line'
import { afterAll, expect, it } from 'vitest'
import { within } from '../support/deadline.ts'
import { detl } from '../support/detl-process.ts'
import { chestPng } from '../support/images.ts'

const dir = mkdtempSync(join(tmpdir(), 'detl-resume-'))
afterAll(() => rmSync(dir, { recursive: true }))
const names = ['a.png', 'b.png', 'c.png'].map((name) => join(dir, name))
const out = join(dir, 'out')

/** `detl screen --out --resume` of all three. @returns what it printed */
async function screen(format: string): Promise<string> {
  const run = detl(['screen', ...names, '--out', out, '--resume', '--format', format])
  expect(await within(60_000, 'detl screen to end', run.exit, run.output), run.output()).toBe(0)
  return run.output()
}
const outputs = () => readdirSync(out).filter((name) => name !== 'screenings.ndjson')
const record = () =>
  readFileSync(join(out, 'screenings.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ScreenLine)

it('goes on with what its folder does not hold: what was deleted is made again, and the rest is kept', {
  timeout: 120_000,
}, async () => {
  for (const [i, name] of names.entries()) writeFileSync(name, await chestPng(i + 1, 256))
  await screen('png')
  expect(outputs()).toEqual(['a.png.png', 'b.png.png', 'c.png.png'])
  rmSync(join(out, 'a.png.png'))
  writeFileSync(join(out, 'b.png.png'), 'noted upon')
  expect(await screen('png')).toContain('2 in the earlier output')
  expect(readFileSync(join(out, 'a.png.png')).subarray(1, 4).toString()).toBe('PNG')
  expect(record().map(({ file }) => file)).toEqual([...names, names[0]])

  await screen('png,fhir')
  expect(outputs()).toHaveLength(6)
  expect(record().slice(4)).toMatchObject(
    names.map((file) => {
      const stem = join(out, file.slice(dir.length))
      return { file, overlay: `${stem}.png`, fhir: `${stem}.fhir.json` }
    }),
  )
  expect(await screen('png,fhir')).toContain('3 in the earlier output')
  expect(readFileSync(join(out, 'b.png.png'), 'utf8')).toBe('noted upon')
})
