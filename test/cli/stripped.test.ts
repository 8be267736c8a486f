import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const STRIPPED = fileURLToPath(new URL('../../cli/bin/stripped.mjs', import.meta.url))

describe('what is kept of TypeScript files for the next start', () => {
  let root: string
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'detl-stripped-'))
    mkdirSync(join(root, 'cli/bin'), { recursive: true })
    copyFileSync(STRIPPED, join(root, 'cli/bin/stripped.mjs'))
    writeFileSync(join(root, 'package.json'), '{"type":"module"}')
  })
  afterAll(() => rmSync(root, { recursive: true }))

  const folder = () => join(root, 'node_modules/.cache/detl')
  const write = (text: string) => writeFileSync(join(root, 'cli/a.ts'), text)
  const run = () => {
    const args = ['--import', join(root, 'cli/bin/stripped.mjs'), join(root, 'cli/a.ts')]
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    return { stdout, stderr }
  }

  it('is used as it is, and made anew when the file has changed, of the same length too', () => {
    write('const n: number = 1\nconsole.log(n)\n')
    expect([run(), run()]).toEqual(Array(2).fill({ stdout: '1\n', stderr: '' }))
    const [kept] = readdirSync(folder())
    const file = join(folder(), kept!)
    writeFileSync(file, readFileSync(file, 'utf8').replace('= 1', '= 7'))
    expect(run().stdout).toBe('7\n') // what was kept is what runs
    write('const n: number = 2\nconsole.log(n)\n')
    expect(run()).toEqual({ stdout: '2\n', stderr: '' })
  })

  it('is not used where half of it is missing', () => {
    const [kept] = readdirSync(folder())
    truncateSync(join(folder(), kept!), 20)
    expect(run()).toEqual({ stdout: '2\n', stderr: '' })
  })

  it('is not needed: where no folder can be made all runs as without it', () => {
    rmSync(join(root, 'node_modules'), { recursive: true })
    writeFileSync(join(root, 'node_modules'), 'a file')
    expect(run()).toEqual({ stdout: '2\n', stderr: '' })
  })

  it('leaves Node its own message for what is no TypeScript', () => {
    write('const n: number = = 2\n')
    expect(run().stderr).toMatch(/a\.ts:1[\s\S]*ERR_INVALID_TYPESCRIPT_SYNTAX/)
  })
})
