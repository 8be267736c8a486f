import { execFile } from 'node:child_process'
import { copyFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { ScoredLine } from '@detl/cli/screen/line'
import { encodePng } from '@detl/core/image/png-encode'
import { parseManifest } from '@detl/core/model/manifest'
import { phantom } from '@detl/core/phantom/phantom'
import { afterAll, beforeAll, expect, it } from 'vitest'

const DETL = fileURLToPath(new URL('../../cli/bin/detl.mjs', import.meta.url))
const SHIPPED = fileURLToPath(new URL('../../models/detl-128/', import.meta.url))
const LABELS = ['covid19', 'covid19', 'covid19', 'covid19', 'normal', 'normal', 'pneumonia']

let dir: string
const films = LABELS.map((_, i) => `${i}.png`)
const detl = async (...args: string[]) =>
  (await promisify(execFile)(process.execPath, [DETL, ...args], { cwd: dir })).stdout
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'detl-unseen-'))
  for (const [i, label] of LABELS.entries()) {
    const { image } = phantom({
      ...{ seed: 70 + i, width: 300, height: 340 },
      lesions: label === 'normal' ? [] : ['consolidation'],
    })
    const png = await encodePng({ ...image, data: image.data.map((v) => v << 4), channels: 1 })
    await writeFile(join(dir, films[i]!), png)
  }
  // The last is of a source that trained the model, so it says nothing about other ones.
  const rows = films.map((f, i) => `${f},${LABELS[i]},${i < LABELS.length - 1 ? 'clinic-b' : 'cohen'}`)
  await writeFile(join(dir, 'films.csv'), ['file,label,dataset', ...rows, ''].join('\n'))
  for (const name of ['model.onnx', 'model.int8.onnx', 'int8.json'])
    await copyFile(join(SHIPPED, name), join(dir, name))
  await writeFile(join(dir, 'manifest.json'), await readFile(join(SHIPPED, 'manifest.json')))
})
afterAll(() => rm(dir, { recursive: true }))

it('measures thresholds on films of a source never seen, and every answer states what came of it', async () => {
  const measure = (...flags: string[]) =>
    detl('unseen', '--model', dir, '--labels', 'films.csv', '--source', 'Clinic B', ...flags)
  const lines = async () => {
    const out = await detl('screen', ...films, '--json', '--model', dir)
    return out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as ScoredLine)
  }
  const before = await lines()
  const said = await measure()
  expect(said).toMatch(/on 6 films of Clinic B \(\d refused; 1 more are of sources that trained it\)/)
  const manifest = parseManifest(JSON.parse(await readFile(join(dir, 'manifest.json'), 'utf8')))
  const { balanced } = manifest.operatingPoints!.covid19! // what `detl screen` decides by
  const found = balanced.unseen!.find((u) => u.source === 'Clinic B')!
  const positive = before.map((line) => line.decision.classes.find((c) => c.class === 'covid19')!.positive)
  expect(found.sensitivity.n).toBe(4)
  expect(found.sensitivity.value).toBe(positive.slice(0, 4).filter(Boolean).length / 4)
  expect(found.specificity!.n).toBe(2)
  expect(found.specificity!.value).toBe(positive.slice(4, 6).filter((p) => !p).length / 2)

  const [line] = await lines()
  const covid = line!.decision.classes.find((c) => c.class === 'covid19')!
  expect(covid.unseen).toEqual(balanced.unseen)
  expect(line!.decision.classes.find((c) => c.class === 'pneumonia')!.unseen).toBeUndefined()

  // Measured again it is replaced, not added; fewer films are taken where it is asked for.
  await measure('--most', '2')
  const again = parseManifest(JSON.parse(await readFile(join(dir, 'manifest.json'), 'utf8')))
  const { unseen } = again.operatingPoints!.covid19!.balanced
  expect(unseen!.filter((u) => u.source === 'Clinic B').map((u) => u.sensitivity.n)).toEqual([2])
  await expect(measure('--class', 'pneumonia')).rejects.toThrow(
    /no film of "pneumonia" from a source that the model was not trained on \(it was on cohen, /,
  )
}, 120_000)

it('takes a threshold that was fitted on sources left out, and says what it is worth here and elsewhere', async () => {
  const THRESHOLD = 0.2
  await cp(join(SHIPPED, 'report'), join(dir, 'report'), { recursive: true })
  await copyFile(join(SHIPPED, 'reference.json'), join(dir, 'reference.json'))
  const readJson = async (name: string) => JSON.parse(await readFile(join(dir, name), 'utf8'))
  const { operatingPoints: before } = parseManifest(await readJson('manifest.json'))
  const point = (threshold: number) => ({ threshold, fittedOn: ['x', 'y'] })
  const points = { screening: point(THRESHOLD), balanced: point(0.7) }
  await writeFile(join(dir, 'points.json'), JSON.stringify({ focus: 'covid19', points, sources: [] }))
  const take = (file: string) =>
    detl(
      ...['unseen', '--model', dir, '--labels', 'films.csv', '--source', 'Clinic C'],
      ...['--points', file, '--model-version', '9.9.9'],
    )
  await take('points.json')

  const { version, operatingPoints } = parseManifest(await readJson('manifest.json'))
  const { screening, balanced } = operatingPoints!.covid19!
  expect(screening).toMatchObject(point(THRESHOLD))
  expect(screening.unseen!.map((u) => u.source)).toEqual(['Clinic C']) // what the old threshold gave at Clinic B is no more true
  expect(balanced).toMatchObject({ threshold: before!.covid19!.balanced.threshold })
  expect(balanced.fittedOn).toBeUndefined()
  expect(operatingPoints!.pneumonia).toEqual(before!.pneumonia)
  const csv = await readFile(join(dir, 'report/predictions.csv'), 'utf8')
  const test = csv.split('\n').filter((line) => line.startsWith('test,'))
  const rate = (of: string[], at: (score: number) => boolean) =>
    of.filter((line) => at(Number(line.split(',').at(-1)))).length / of.length
  const truth = (line: string) => line.split(',')[7] === 'covid19'
  expect(screening.sensitivity.value).toBeCloseTo(
    rate(test.filter(truth), (s) => s >= THRESHOLD),
    9,
  )
  expect(screening.specificity.value).toBeCloseTo(
    rate(
      test.filter((line) => !truth(line)),
      (s) => s < THRESHOLD,
    ),
    9,
  )

  // The version is another one, in all that names it; the card says where the threshold is from.
  expect(version).toBe('9.9.9')
  expect((await readJson('reference.json')).model).toEqual({ name: 'detl-128', version })
  const card = await readFile(join(dir, 'MODEL_CARD.md'), 'utf8')
  expect(card).toContain('| screening | 0.200 | Clinic C |')
  expect(card).toContain('networks of the same recipe said of x and y')
  const [line] = (await detl('screen', films[0]!, '--json', '--model', dir)).trim().split('\n')
  expect((JSON.parse(line!) as ScoredLine).model.version).toBe('9.9.9')

  await expect(take('films.csv')).rejects.toThrow(/films\.csv: /)
  await writeFile(join(dir, 'one.json'), JSON.stringify({ focus: 'covid19', points: {} }))
  await expect(take('one.json')).rejects.toThrow(/one\.json is not what `detl train unseen-points` prints/)
}, 120_000)
