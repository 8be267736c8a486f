import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { encodePng } from '@detl/core/image/png-encode'
import { phantom } from '@detl/core/phantom/phantom'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chestDicom } from '../support/chest-dicom.ts'
import { hasTool, runDicomTool } from '../support/dicom-tools.ts'

const DETL = fileURLToPath(new URL('../../cli/bin/detl.mjs', import.meta.url))

/** On the shipped model, outside the checkout. */
describe('detl compare', { timeout: 120_000 }, () => {
  let dir: string
  const detl = async (...args: string[]) => {
    const child = spawn(process.execPath, [DETL, 'compare', ...args], { cwd: dir })
    const [out, err, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ])
    return { out, err, code: code as number }
  }

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'detl-compare-'))
    const { image } = phantom({ seed: 5, width: 300, height: 340, lesions: ['consolidation'] })
    const png = await encodePng({ ...image, data: image.data.map((v) => v << 4), channels: 1 })
    await writeFile(join(dir, 'film.png'), png)
    const grey = sharp(png).toColourspace('b-w')
    await writeFile(join(dir, 'copy.jpg'), await grey.clone().jpeg({ quality: 60 }).toBuffer())
    await writeFile(join(dir, 'mirrored.png'), await grey.clone().flop().png().toBuffer())
    const cut = { left: 8, top: 6, width: 285, height: 325 }
    await writeFile(join(dir, 'cropped.png'), await grey.clone().extract(cut).gamma(1.4).png().toBuffer())
    const of = (patient: string, day: string, instance: string) =>
      chestDicom(200, {
        '00100020': ['LO', patient],
        '00080020': ['DA', day],
        '00080018': ['UI', `2.25.${instance}`],
      })
    await writeFile(join(dir, 'second.dcm'), of('P1', '20260503', '2'))
    await writeFile(join(dir, 'first.dcm'), of('P1', '20260501', '1'))
    await writeFile(join(dir, 'other.dcm'), of('P2', '20260502', '3'))
  })
  afterAll(() => rm(dir, { recursive: true }))

  it.each([
    ['copy.jpg', ['same-film']],
    ['cropped.png', []],
    ['mirrored.png', ['sides-exchanged']],
  ])('says of a copy of a film that nothing changed: %s', async (copy, remarks) => {
    const { out, code, err } = await detl('film.png', copy, '--json')
    expect(code, err).toBe(0)
    const { overall, films, notice } = JSON.parse(out)
    expect(overall.trend).toBe('unchanged')
    expect(overall.remarks.map((one: { code: string }) => one.code)).toEqual(expect.arrayContaining(remarks))
    expect(films.map(({ file }: { file: string }) => file)).toEqual(['film.png', copy])
    expect(notice).toContain('Not clinically validated')
  })

  it('tells it in words, in the order of the dates, with what it is not', async () => {
    const { out, code } = await detl('second.dcm', 'first.dcm', '--language', 'de')
    expect(code).toBe(0)
    expect(out).toContain('Keine Veränderung, die zählt')
    expect(out.indexOf('first.dcm')).toBeLessThan(out.indexOf('second.dcm'))
    expect(out).toContain('Nicht klinisch geprüft')
    expect(out).toMatch(/Rechte Lunge, \S+ \(A\) +[\d,]+ %/)
  })

  it('writes a picture, FHIR and a DICOM report, and nothing over what is there', async () => {
    const args = ['first.dcm', 'second.dcm', '--out', 'results', '--format', 'all']
    expect((await detl(...args)).code).toBe(0)
    expect((await readdir(join(dir, 'results'))).sort()).toEqual([
      'comparison.fhir.json',
      'comparison.png',
      'comparison.sr.dcm',
    ])
    expect((await sharp(join(dir, 'results/comparison.png')).metadata()).width).toBeGreaterThan(900)
    expect(
      JSON.parse(await readFile(join(dir, 'results/comparison.fhir.json'), 'utf8')).hasMember,
    ).toHaveLength(7)
    if (hasTool('dsrdump'))
      expect(runDicomTool('dsrdump', [], await readFile(join(dir, 'results/comparison.sr.dcm'))).code).toBe(0)
    const again = await detl(...args)
    expect([again.code, again.err]).toEqual([1, expect.stringContaining('--force')])
    expect((await detl(...args, '--force')).code).toBe(0)
  })

  it('refuses films of different patients, unless it is told otherwise', async () => {
    const refused = await detl('first.dcm', 'other.dcm')
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('patients-differ')])
    const told = await detl('first.dcm', 'other.dcm', '--allow-different-patients')
    expect([told.code, told.out]).toEqual([0, expect.stringContaining('different patients')])
  })

  it('names the film that it cannot take', async () => {
    await writeFile(join(dir, 'notes.txt'), 'dear doctor')
    const { code, err } = await detl('film.png', 'notes.txt')
    expect([code, err]).toEqual([1, expect.stringContaining('notes.txt')])
    expect((await detl('film.png')).code).toBe(2)
  })
})
