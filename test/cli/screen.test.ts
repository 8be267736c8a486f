import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, open, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { ScreenLine } from '@detl/cli/screen/line'
import { encodePng } from '@detl/core/image/png-encode'
import { phantom } from '@detl/core/phantom/phantom'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chestElements, littleEndian, writeDicom } from '../support/dicom-writer.ts'

const DETL = fileURLToPath(new URL('../../cli/bin/detl.mjs', import.meta.url))

/** More files than are under way at once. */
const MANY = 24

/** Every call has a working directory outside the checkout: the model is found all the same. */
describe('detl screen', { timeout: 120_000 }, () => {
  let dir: string
  let png: Uint8Array

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'detl-screen-'))
    const { image } = phantom({ seed: 5, width: 300, height: 340, lesions: ['consolidation'] })
    png = await encodePng({ ...image, data: image.data.map((v) => v << 4), channels: 1 })
    const elements = chestElements(image, { allocated: 16, stored: 12 })
    await mkdir(join(dir, 'in', 'a'), { recursive: true })
    await mkdir(join(dir, 'in', 'b'))
    await writeFile(join(dir, 'in', 'a', 'x.png'), png)
    await writeFile(join(dir, 'in', 'b', 'x.png'), png)
    await writeFile(
      join(dir, 'in', 'b', 'IM000001'),
      writeDicom('1.2.840.10008.1.2.1', elements, littleEndian(image.data)),
    )
    await writeFile(join(dir, 'in', 'damaged.png'), png.subarray(0, png.length >> 1))
    await writeFile(join(dir, 'in', 'notes.txt'), 'dear doctor')
  })
  afterAll(() => rm(dir, { recursive: true }))

  const start = (args: readonly string[], options: { shell?: string } = {}) => {
    const child = options.shell
      ? spawn('bash', ['-c', options.shell, 'bash', process.execPath, DETL, ...args], { cwd: dir })
      : spawn(process.execPath, [DETL, ...args], { cwd: dir })
    const out = text(child.stdout)
    const err = text(child.stderr)
    const end = once(child, 'close').then(async ([code]) => ({
      code: code as number | null,
      stdout: await out,
      stderr: await err,
    }))
    return { child, end }
  }
  const detl = (...args: string[]) => start(args).end
  const fed = (input: Uint8Array | string, ...args: string[]) => {
    const { child, end } = start(args)
    child.stdin.end(input)
    return end
  }
  /** `script` has node, detl and the arguments as "$@". */
  const inShell = (script: string, ...args: string[]) => start(args, { shell: script }).end
  const linesOf = (ndjson: string) =>
    ndjson
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as ScreenLine)
  const record = async (folder: string) =>
    linesOf(await readFile(join(dir, folder, 'screenings.ndjson'), 'utf8'))
  const tree = async (folder: string) =>
    (await readdir(join(dir, folder), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(join(dir, folder, '/').length))
      .sort()
  /** A folder of so many copies of the phantom. */
  const copies = async (folder: string, count: number) => {
    await mkdir(join(dir, folder))
    for (let i = 0; i < count; i++)
      await copyFile(join(dir, 'in', 'a', 'x.png'), join(dir, folder, `${i}.png`))
  }

  it('speaks German where it is asked to: headline, scores, reports', async () => {
    const out = ['--out', 'deutsch', '--format', 'fhir,sr']
    const { code, stdout } = await detl('screen', 'in/a/x.png', '--language', 'de', ...out)
    expect(code).toBe(0)
    expect(stdout).toMatch(/(Schwelle|Keine Entscheidung|Kein Befund).*; Werte, keine Diagnose\)/)
    expect(stdout).toMatch(/covid19 .*(auf oder über|unter) der Schwelle von 0\.\d{3}/)
    const read = (name: string) => readFile(join(dir, 'deutsch', name), 'utf8')
    expect(JSON.parse(await read('x.png.fhir.json'))).toMatchObject({ language: 'de' })
    expect(await read('x.png.sr.dcm')).toContain('KI-Wahrscheinlichkeit: COVID-19')
    const odd = await detl('screen', 'in/a/x.png', '--language', 'fr')
    expect([odd.code, odd.stderr]).toEqual([2, expect.stringContaining('Allowed choices are en, de')])
  })

  it('screens a folder with all below it, DICOM without an extension too; a bad file gets its line, and others go on', async () => {
    const { code, stdout, stderr } = await detl('screen', 'in', '--json')
    const lines = linesOf(stdout)
    expect(code).toBe(1)
    expect(lines.map(({ file }) => file)).toEqual(
      ['in/a/x.png', 'in/b/IM000001', 'in/b/x.png', 'in/damaged.png'].map((path) => join(path)),
    )
    expect(lines.map((line) => ('error' in line ? line.error.code : line.label))).toEqual([
      expect.stringMatching(/^[a-z0-9_]+$/),
      expect.stringMatching(/^[a-z0-9_]+$/),
      expect.stringMatching(/^[a-z0-9_]+$/),
      'image-undecodable',
    ])
    expect(stderr).toMatch(/^4 images: 3 scored, 1 failed; 1 passed over, no image; /)
    expect(stderr).toMatch(/^failed: image-undecodable 1$/m)
  })

  it('says of an image that the model itself measures as unlike its training images', async () => {
    const model = fileURLToPath(new URL('../../models/mobilenet-v2-160', import.meta.url))
    const [line] = linesOf((await detl('screen', 'in/a/x.png', '--json', '--model', model)).stdout)
    expect(line).toMatchObject({
      quality: { warnings: [{ code: 'out-of-distribution', detail: expect.any(String) }] },
    })
  })

  it('reads an image or a list of files from standard input, patterns, and says of each name that nothing is there', async () => {
    const image = await fed(png, 'screen', '-', '--json')
    expect(linesOf(image.stdout)).toMatchObject([{ file: '-', label: expect.any(String) }])
    const list = await fed(
      'in/b/x.png\n\nin/b\n',
      'screen',
      '--files-from',
      '-',
      'in/**/x.*',
      'none',
      'no*',
      '--csv',
    )
    const rows = parse(list.stdout, { columns: true }) as {
      file: string
      error: string
      score_normal: string
    }[]
    expect(rows.map(({ file, error }) => [file, error])).toEqual([
      ['in/a/x.png', ''],
      ['in/b/x.png', ''],
      ['none', 'image-missing'],
      ['no*', 'image-missing'],
      [join('in/b/IM000001'), ''],
    ])
    expect(Number(rows[0]!.score_normal)).toBeGreaterThan(0)
    expect([image.code, list.code]).toEqual([0, 1])
  })

  it('writes overlay, FHIR, structured report and Secondary Capture in the inputs’ own tree, and overwrites nothing', async () => {
    const first = await detl('screen', 'in/a', 'in/b', '--out', 'all', '--format', 'all')
    expect(first.code).toBe(0)
    const ends = ['.fhir.json', '.pdf', '.png', '.sc.dcm', '.sr.dcm']
    expect(await tree('all')).toEqual(
      [
        ...['a/x.png', 'b/IM000001', 'b/x.png'].flatMap((stem) => ends.map((end) => stem + end)),
        'screenings.ndjson',
      ].map((path) => join(path)),
    )
    const bytes = (path: string) => readFile(join(dir, 'all', path))
    expect((await bytes('b/x.png.png')).subarray(1, 4).toString()).toBe('PNG')
    expect(JSON.parse(String(await bytes('b/x.png.fhir.json'))).resourceType).toBe('DiagnosticReport')
    for (const end of ['.sr.dcm', '.sc.dcm'])
      expect((await bytes(`b/IM000001${end}`)).subarray(128, 132).toString()).toBe('DICM')
    expect(await record('all')).toHaveLength(3)

    const again = await detl('screen', 'in/a', 'in/b', '--out', 'all')
    expect([again.code, again.stdout]).toEqual([1, ''])
    expect(again.stderr).toMatch(/conflict: all holds the results of another run: --resume .* --force/)
    await mkdir(join(dir, 'mine', 'a'), { recursive: true })
    await writeFile(join(dir, 'mine', 'a', 'x.png.png'), 'mine')
    const beside = await detl('screen', 'in/a', 'in/b', '--out', 'mine', '--json')
    expect(linesOf(beside.stdout)[0]).toMatchObject({ error: { code: 'conflict' } })
    expect(await readFile(join(dir, 'mine', 'a', 'x.png.png'), 'utf8')).toBe('mine')
    expect(await record('mine')).toHaveLength(3)
    expect((await detl('screen', 'in/a', 'in/b', '--out', 'mine', '--force')).code).toBe(0)
    expect((await readFile(join(dir, 'mine', 'a', 'x.png.png'))).subarray(1, 4).toString()).toBe('PNG')
  })

  it('refuses to write where inputs lie, and takes no output for an input', async () => {
    const before = await tree('in')
    for (const args of [
      ['in', '--out', 'in'],
      ['in/a/x.png', '--out', 'in/a'],
      ['in/a/x.png', 'in/b/x.png', '--out', 'in'],
    ]) {
      const refused = await detl('screen', ...args)
      expect([refused.code, refused.stdout]).toEqual([1, ''])
      expect(refused.stderr).toContain('outputs go to a folder of their own')
    }
    expect(await tree('in')).toEqual(before)
    await mkdir(join(dir, 'kept'))
    await copyFile(join(dir, 'in', 'a', 'x.png'), join(dir, 'kept', 'x.png'))
    expect((await detl('screen', 'kept', '--out', 'kept/out')).code).toBe(0)
    const again = linesOf((await detl('screen', 'kept', '--json')).stdout)
    expect(again.map(({ file }) => file)).toEqual([join('kept/x.png')])
  })

  it('takes thousands of names on its command line', async () => {
    const names = Array.from({ length: 3000 }, () => 'in/a/x.png')
    const { code, stdout } = await detl('screen', ...names, '--json')
    expect(code).toBe(0)
    expect(linesOf(stdout)).toHaveLength(1) // a file that is named twice is screened once
  })

  it('holds a size against the limit before the file is read', async () => {
    const file = await open(join(dir, 'huge.png'), 'w')
    await file.write(png.subarray(0, 64))
    await file.close()
    await truncate(join(dir, 'huge.png'), 2 ** 40) // a sparse file: to read it would take hours
    const { stdout } = await detl('screen', 'huge.png', '--json')
    expect(linesOf(stdout)).toMatchObject([
      { error: { code: 'image-too-large', detail: /^1099511627776 bytes/ } },
    ])
  })

  it('ends cleanly at Ctrl-C, keeps what is done, and goes on from there', async () => {
    await copies('many', MANY)
    const { child, end } = start(['screen', 'many', '--json', '--out', 'stopped'])
    await once(child.stdout, 'data')
    child.kill('SIGINT')
    const { code, stdout, stderr } = await end
    const done = linesOf(stdout)
    expect(code).toBe(130)
    expect(done.length).toBeLessThan(MANY)
    expect(stderr).toContain(`stopped with ${MANY - done.length} left, --resume goes on`)
    expect(await record('stopped')).toEqual(done)
    expect((await tree('stopped')).filter((path) => path.endsWith('.png'))).toHaveLength(done.length)

    const whole = await readFile(join(dir, 'stopped', 'screenings.ndjson'))
    await writeFile(
      join(dir, 'stopped', 'screenings.ndjson'),
      Buffer.concat([whole, Buffer.from('{"file":"many')]),
    )
    const rest = await detl('screen', 'many', '--json', '--out', 'stopped', '--resume')
    expect(rest.code).toBe(0)
    expect(linesOf(rest.stdout)).toHaveLength(MANY - done.length)
    expect(new Set((await record('stopped')).map(({ file }) => file)).size).toBe(MANY)
  })

  it('goes on from what an earlier run printed, whole lines of it', async () => {
    const first = await inShell('"$@" > earlier.ndjson', 'screen', 'in', '--json')
    expect(first.code).toBe(1)
    const lines = (await readFile(join(dir, 'earlier.ndjson'), 'utf8')).split('\n')
    await writeFile(join(dir, 'earlier.ndjson'), `${lines[0]}\n${lines[1]!.slice(0, 99)}`)
    const args = ['screen', 'in', '--json', '--resume=earlier.ndjson']
    expect((await inShell('"$@" >> earlier.ndjson', ...args)).stderr).toContain('; 1 in the earlier output;')
    expect(linesOf(await readFile(join(dir, 'earlier.ndjson'), 'utf8')).map(({ file }) => file)).toEqual(
      lines.filter(Boolean).map((line) => (JSON.parse(line) as ScreenLine).file),
    )
    const other = await detl('screen', 'in', '--resume=earlier.ndjson', '--model', 'detl-128')
    expect(other.stderr).toMatch(
      /request-invalid: earlier.ndjson is of the model mobilenet-v2-160 .*, not detl-128/,
    )
  })

  it('ends cleanly when nobody reads on, when a disk is full, and when files cannot grow', async () => {
    if (!existsSync(join(dir, 'many'))) await copies('many', MANY)
    const closed = await inShell('set -o pipefail; "$@" | head -n 1', 'screen', 'many', '--json')
    expect(closed.code).toBe(141)
    expect(linesOf(closed.stdout)).toHaveLength(1)
    if (existsSync('/dev/full')) {
      const full = await inShell('"$@" > /dev/full', 'screen', 'many', '--json')
      expect(full.code).toBe(1)
      expect(full.stderr).toContain(
        'standard output cannot be written: no space is left on the device (ENOSPC)',
      )
    }
    const stopped = await inShell('ulimit -f 8; "$@"', 'screen', 'many', '--out', 'grown')
    expect(stopped.code).toBe(1)
    expect(stopped.stderr).toMatch(
      /cannot be written: the file would be larger than is allowed here \(EFBIG\)/,
    )
    expect(stopped.stderr).not.toContain('    at ')
    expect((await tree('grown')).filter((path) => path.includes('-part'))).toEqual([])
  })

  it('tells a wrong call from a failure by its exit code, in a line', async () => {
    const calls = await Promise.all([
      detl('screen', 'in', '--bogus'),
      detl('screen'),
      detl('screen', 'in', '--json', '--csv'),
      detl('screen', 'in', '--format', 'gif'),
      detl('screen', 'in', '--model', 'none'),
      detl('screen', 'in/a', '--out', 'in/notes.txt/out'),
    ])
    expect(calls.map(({ code }) => code)).toEqual([2, 2, 2, 2, 1, 1])
    expect(calls[4]!.stderr).toMatch(/^detl: request-invalid: no model "none": .*mobilenet-v2-160/)
    expect(calls[5]!.stderr).toMatch(
      /^detl: request-invalid: the folder in\/notes.txt\/out cannot be made: .*ENOTDIR/,
    )
    for (const { stderr, stdout } of calls) expect(stdout + stderr).not.toContain('    at ')
  })
})
