import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { streamedText } from '@detl/train/data/text-file'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { within } from '../support/deadline.ts'
import { detl } from '../support/detl-process.ts'
import { chestPng } from '../support/images.ts'

let dir: string
const at = (name: string) => join(dir, name)
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'detl-named-'))
  execFileSync('mkfifo', [at('pipe.png'), at('table.csv')])
  mkdirSync(at('folder'))
  mkdirSync(at('folder/pneumonia'))
  execFileSync('mkfifo', [at('folder/pneumonia/pipe.png')])
  writeFileSync(at('image.png'), 'no image')
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** @returns exit code and all that was printed */
async function run(...args: string[]): Promise<[number | null, string]> {
  const child = detl(args)
  try {
    return [await within(60_000, `detl ${args[0]} to end`, child.exit, child.output), child.output()]
  } finally {
    await child.stop('SIGKILL') // also one that waits for ever
  }
}

describe('a text file of gigabytes', { timeout: 120_000 }, () => {
  const table = (name: string, write: (path: string) => void) => {
    write(at(name))
    return at(name)
  }
  const huge = () =>
    table('huge.csv', (path) => {
      writeFileSync(path, 'file,label\n')
      truncateSync(path, 1.2e9) // takes no room on the disk
    })
  // Members of a gzip file follow one another: 272 MiB of empty lines.
  const packed = () =>
    table('packed.csv.gz', (path) =>
      writeFileSync(path, Buffer.concat(Array(17).fill(gzipSync(Buffer.alloc(2 ** 24, '\n'))))),
    )
  it.each([
    ['calibrate', () => ['calibrate', '--model', 'detl-128', '--labels', huge(), '--out', at('x')]],
    ['data check', () => ['data', 'check', huge()]],
    ['data import', () => ['data', 'import', `csv=${huge()}=${at('folder')}`, '--out', at('x')]],
    ['data import, gzipped', () => ['data', 'import', `csv=${packed()}=${at('folder')}`, '--out', at('x')]],
    ['screen, as a list', () => ['screen', '--files-from', huge()]],
  ])('of detl %s is refused by its name', async (_, args) => {
    const [code, printed] = await run(...args())
    expect(printed).toMatch(
      /request-invalid: .*(huge\.csv|packed\.csv\.gz).* has \d+ bytes or more; .* 268435456 are read/,
    )
    expect(code).toBe(1)
  })

  it('of detl screen on standard input is refused before it has been read whole', async () => {
    const pieces = async function* () {
      while (true) yield Buffer.alloc(2 ** 24)
    }
    await expect(streamedText(pieces(), '--files-from -')).rejects.toThrow(
      /--files-from - has 285212672 bytes/,
    )
  })
})

it('reads an option that is a text as one, however long it is', { timeout: 120_000 }, async () => {
  const options = ['--data', at('folder'), '--out', at('x'), '--backend', 'cpu']
  const [, printed] = await run(
    'train',
    'lungs-report',
    ...options,
    '--note',
    'what is to be known; '.repeat(50),
  )
  expect(printed).not.toMatch(/ENAMETOOLONG/)
  expect(printed).toMatch(/manifest\.csv/)
})

// Windows has no pipes among its files.
describe.skipIf(process.platform === 'win32')(
  'a pipe that is named as an input',
  { timeout: 120_000 },
  () => {
    it.each([
      ['compare', ['compare', 'image.png', 'pipe.png']],
      ['export', ['export', 'pipe.png', '--out', 'x']],
      ['convert', ['convert', 'pipe.png', 'x.onnx']],
      ['quantize', ['quantize', 'detl-128', '--calibrate', 'pipe.png', '--out', 'x']],
      ['drift', ['drift', 'report', 'pipe.png']],
      ['data check', ['data', 'check', 'table.csv']],
      ['data import', ['data', 'import', 'csv=table.csv=folder', '--out', 'x']],
      ['calibrate', ['calibrate', '--model', 'detl-128', '--labels', 'table.csv', '--out', 'x']],
      ['screen, as a list', ['screen', '--files-from', 'pipe.png']],
    ])('of detl %s is refused at once', async (_, args) => {
      const named = args.map((arg) =>
        arg.replace(
          /(^|=)([a-z]+\.(?:png|csv|onnx)|x|folder)(?=$|=)/g,
          (_, before, name) => before + at(name),
        ),
      )
      const [code, printed] = await run(...named)
      expect(printed).toMatch(/is a pipe/)
      expect(code).toBe(1)
    })

    it('of detl data import is left out and named where its name is not UTF-8, and the rest is imported', async () => {
      for (const name of ['normal', 'tuberculosis']) {
        mkdirSync(at(`classes/${name}`), { recursive: true })
        writeFileSync(at(`classes/${name}/1.png`), await chestPng(name.length))
      }
      const odd = (text: string) => Buffer.concat([Buffer.from(at(text)), Buffer.of(0xe9)])
      writeFileSync(Buffer.concat([odd('classes/normal/caf'), Buffer.from('.png')]), await chestPng(3))
      mkdirSync(odd('classes/andr'))
      const [code, printed] = await run('data', 'import', `classes=${at('classes')}`, '--out', at('data'))
      expect(code).toBe(0)
      expect(printed).toContain('"images": 2')
      for (const left of [at('classes/normal/caf\\xe9.png'), at('classes/andr\\xe9')])
        expect(printed).toContain(`left out: ${left}: its name is not UTF-8`)
    })

    it('of detl screen is one line of the run, as are names that are not UTF-8, each by itself', async () => {
      for (const byte of [0xe9, 0xfc])
        writeFileSync(
          Buffer.concat([Buffer.from(at('folder/caf')), Buffer.of(byte), Buffer.from('.png')]),
          '',
        )
      const [code, printed] = await run('screen', at('pipe.png'), at('folder'), '--json')
      const lines = printed
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line))
      expect(lines.map(({ file, error }) => [file, error.detail])).toEqual([
        [at('pipe.png'), 'it is a pipe, not a regular file; - reads standard input'],
        [at('folder/caf\\xe9.png'), expect.stringContaining('not UTF-8')],
        [at('folder/caf\\xfc.png'), expect.stringContaining('not UTF-8')],
      ])
      expect(code).toBe(1)
    })
  },
)
