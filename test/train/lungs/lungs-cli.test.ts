import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { encodePng } from '@detl/core/image/png-encode'
import { phantom } from '@detl/core/phantom/phantom'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const DETL = fileURLToPath(new URL('../../../cli/bin/detl.mjs', import.meta.url))
const SIDE = 96

/** Ten phantoms of ten patients with boxes for lungs and lesions: little enough for an epoch to be one batch. */
async function writeOutlined(data: string): Promise<void> {
  mkdirSync(data)
  const manifest = [
    'file,dataset,patient_id,group_id,view,finding,class_a,class_b,age,sex,width,height,sha256,license',
  ]
  const masks = ['file,kind,mask,area_fraction,source,license']
  const box = async (name: string, x0: number, x1: number, y1: number) => {
    const inside = (i: number) => {
      const [x, y] = [i % SIDE, Math.floor(i / SIDE)]
      return y > 15 && y < y1 && ((x > x0 && x < x1) || (x > SIDE - x1 && x < SIDE - x0))
    }
    const plane = Uint8Array.from({ length: SIDE * SIDE }, (_, i) => (inside(i) ? 255 : 0))
    writeFileSync(join(data, name), await encodePng({ width: SIDE, height: SIDE, channels: 1, data: plane }))
  }
  for (let n = 0; n < 10; n++) {
    const { image } = phantom({ seed: n, width: SIDE, height: SIDE, lesions: ['consolidation'] })
    const pixels = image.data.map((v) => v << 4)
    writeFileSync(
      join(data, `${n}.png`),
      await encodePng({ width: SIDE, height: SIDE, channels: 1, data: pixels }),
    )
    manifest.push(
      `${n}.png,mine,p${n},p${n},PA,Pneumonia,,pneumonia,50,F,${SIDE},${SIDE},${String(n).repeat(64)},CC0`,
    )
    await box(`lung${n}.png`, 12, 40, 80)
    await box(`lesion${n}.png`, 20, 30, 20 + 5 * n)
    masks.push(`${n}.png,lung,lung${n}.png,0.3,me,CC0`, `${n}.png,lesion,lesion${n}.png,0.1,me,CC0`)
  }
  writeFileSync(join(data, 'manifest.csv'), manifest.join('\n'))
  writeFileSync(join(data, 'masks.csv'), masks.join('\n'))
}

describe('detl train lungs', { timeout: 120_000 }, () => {
  let dir: string
  const detl = async (...args: string[]) => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [DETL, ...args], {
      cwd: dir,
    }).catch((error: { stdout: string; stderr: string }) => error)
    return stdout + stderr
  }
  const train = (...args: string[]) =>
    detl('train', 'lungs', '--data', 'data', '--out', 'run', '--epochs', '1', ...args)

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'detl-lungs-cli-'))
    await writeOutlined(join(dir, 'data'))
    await train('--folds', '0')
  })
  afterAll(() => rm(dir, { recursive: true }))

  it.each([
    ['--folds', '9', /folds are 0, 1, 2, 3 and 4/],
    ['--folds', '1,1', /a fold is named twice/],
    ['--folds', '', /not a whole number/],
    ['--epochs', '0', /not a whole number above 0/],
    ['--without', 'nowhere.txt', /request-invalid: --without nowhere.txt: there is no such file/],
    ['--without', 'foreign.txt', /request-invalid: --without foreign.txt: the data do not have x.png/],
    [
      '--soft',
      'data',
      /request-invalid: --soft data: there is no soft.json; write it with `detl teach-opacity`/,
    ],
    ['--from', 'elsewhere', /request-invalid: \S+fold-1 holds no trained network/],
  ])('refuses %s "%s", and trains nothing', async (option, value, words) => {
    writeFileSync(join(dir, 'foreign.txt'), 'x.png\n')
    expect(await train('--folds', '1', option, value)).toMatch(words)
    expect(readdirSync(join(dir, 'run'))).toEqual(['fold-0'])
  })

  it('scores no network on images that it may have seen: those of another seed’s folds', async () => {
    const report = (...args: string[]) =>
      detl('train', 'lungs-report', '--data', 'data', '--out', 'run', '--folds', '0', ...args)
    expect(await report('--seed', '2')).toMatch(
      /request-invalid: the network in run.fold-0 was trained with other/,
    )
    // It has learnt nothing in one epoch, so there are no figures, and nothing half-written.
    expect(await report()).toMatch(
      /request-invalid: 0 of the held-out images have an outlined lesion and lungs/,
    )
    expect(readdirSync(join(dir, 'run'))).toEqual(['fold-0'])
  })

  it('keeps what is trained, unless it is told to start anew', async () => {
    expect(await train('--folds', '0')).toMatch(/holds a checkpoint: .*--resume.*--restart/)
    expect(await train('--folds', '0', '--resume', '--seed', '2')).toMatch(
      /of another configuration, seed or data/,
    )
    expect(await train('--folds', '0', '--resume')).toBe('')
    expect(await train('--folds', '0', '--restart')).toMatch(/fold-0: epoch 1 of 1/)
  })

  it('says what masks.csv lacks', async () => {
    const path = join(dir, 'data', 'masks.csv')
    const whole = readFileSync(path, 'utf8')
    writeFileSync(path, whole.replaceAll('.png,lung,', '.jpg,lung,'))
    expect(await train('--restart')).toMatch(
      /request-invalid: no image of data has outlined lungs.*names 10 that/,
    )
    writeFileSync(path, whole.replace('kind', 'sort'))
    expect(await train('--restart')).toMatch(/masks.csv, row 1: no value for "kind"/)
    writeFileSync(path, whole)
    expect(readdirSync(join(dir, 'run', 'fold-0')).sort()).toEqual(['best', 'checkpoint.bin', 'part.json'])
  })
})
