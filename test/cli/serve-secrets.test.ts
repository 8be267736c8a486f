import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { detl } from '../support/detl-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'detl-secrets-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('secrets.json', () => {
  /** A start that gets as far as its secrets. */
  const start = async (state: string, env: Record<string, string> = {}) => {
    const run = detl(['serve', 'nothing', '--state', state], env)
    await run.exit
    return run.output()
  }
  const file = (state: string) => join(state, 'secrets.json')
  it('is its owner’s alone with its folder, and no start with other secrets changes it', async () => {
    const state = join(folder, 'kept')
    await start(state)
    const first = readFileSync(file(state), 'utf8')
    expect(statSync(file(state)).mode & 0o777).toBe(0o600)
    expect(statSync(state).mode & 0o777).toBe(0o700)
    expect(readdirSync(state)).toEqual(['secrets.json'])
    expect(await start(state, { DETL_KEY_PEPPER: 'the pepper of one start' })).toContain('DETL_KEY_PEPPER')
    expect(readFileSync(file(state), 'utf8')).toBe(first)
  })

  it.each(['', '{"signingKey":'])(
    'that is %j is left alone, and it is said what to do',
    async (text) => {
      const state = mkdtempSync(join(folder, 'damaged-'))
      writeFileSync(file(state), text)
      const output = await start(state)
      expect(output).toMatch(/secrets\.json is (empty|damaged)\. Put it back from a backup/)
      expect(output).not.toContain('    at ')
      expect(readFileSync(file(state), 'utf8')).toBe(text)
    },
    60_000,
  )
})
