import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ScreenLine } from '@detl/cli/screen/line'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { within } from '../support/deadline.ts'
import { detl } from '../support/detl-process.ts'
import { chestPng } from '../support/images.ts'

const dir = mkdtempSync(join(tmpdir(), 'detl-resume-'))
beforeAll(async () => {
  for (const [i, name] of names.entries()) writeFileSync(name, await chestPng(i + 1, 256))
})
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

it('knows its own outputs again that it was killed before recording, and overwrites nobody else’s', {
  timeout: 120_000,
}, async () => {
  const own = join(dir, 'own')
  const record = join(own, 'screenings.ndjson')
  const begun = join(own, 'screenings.begun.ndjson')
  const paths = ['a.png.png', 'b.png.png', 'c.png.png'].map((name) => join(own, name))
  const run = async (...more: string[]) => {
    const child = detl(['screen', ...names, '--out', own, '--resume', ...more])
    const code = await within(60_000, 'detl screen to end', child.exit, child.output)
    return [code, child.output()] as const
  }
  expect((await run())[0]).toBe(0)
  expect(existsSync(begun)).toBe(false) // all is recorded
  // As a kill -9 leaves it between an output's renaming and its line: what was begun is told, by name and digest, and half a line.
  const [first] = readFileSync(record, 'utf8').split('\n')
  const lines = paths.map((path) => {
    const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex')
    return JSON.stringify({ path, sha256 })
  })
  writeFileSync(record, `${first}\n`)
  writeFileSync(begun, `${lines.join('\n')}\n{"path":"`)
  writeFileSync(paths[2]!, 'somebody else’s')
  const [code, said] = await run()
  expect(code).toBe(1)
  expect(said.match(/exists already/g)).toHaveLength(1)
  expect(said).toContain(`${paths[2]} exists already`)
  expect(readFileSync(paths[2]!, 'utf8')).toBe('somebody else’s')
  rmSync(paths[2]!)
  expect((await run())[0]).toBe(0)
  expect(existsSync(begun)).toBe(false)
})

it('tells what it is about to write before it is there', { timeout: 120_000 }, async () => {
  const told = join(dir, 'told')
  const begun = join(told, 'screenings.begun.ndjson')
  // One image that cannot be screened keeps the list, as a run that is killed does.
  const child = detl(['screen', names[0]!, join(dir, 'no.png'), '--out', told])
  expect(await within(60_000, 'detl screen to end', child.exit, child.output)).toBe(1)
  const path = join(told, 'a.png.png')
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex')
  expect(JSON.parse(readFileSync(begun, 'utf8'))).toEqual({ path, sha256 })
})
