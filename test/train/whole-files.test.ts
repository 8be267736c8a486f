import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeWhole } from '@detl/train/files'
import { afterAll, describe, expect, it } from 'vitest'

const dir = mkdtempSync(join(tmpdir(), 'detl-whole-'))
afterAll(() => rmSync(dir, { recursive: true }))

describe.skipIf(!existsSync('/dev/full'))('a disk that is full', () => {
  it('leaves the old file and no piece of the new one, and the error names it', () => {
    const path = join(dir, 'checkpoint.bin')
    writeFileSync(path, 'old')
    symlinkSync('/dev/full', `${path}.part`)
    expect(() => writeWhole(path, 'new')).toThrow(/checkpoint\.bin cannot be written: ENOSPC/)
    expect(readFileSync(path, 'utf8')).toBe('old')
    expect(readdirSync(dir)).toEqual(['checkpoint.bin'])
  })
})
