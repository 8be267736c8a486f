import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { driftReport } from '@detl/cli/drift/drift-report'
import { makeReference } from '@detl/cli/drift/make-reference'
import { readPredictionLog } from '@detl/cli/drift/read-log'
import { uniform } from '@detl/core/base/random'
import { DailyFile } from '@detl/gpu-function/daily-file'
import { startGpuFunction } from '@detl/gpu-function/start'
import { pino } from 'pino'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { inferCall, KEYS } from '../support/gpu-client.ts'
import { modelsFolder } from '../support/model-folder.ts'

const SIZE = 32
const ROWS = 4
const models = modelsFolder()
const model = models.add()
const dir = mkdtempSync(join(tmpdir(), 'detl-predictions-'))
afterAll(() => {
  models.remove()
  rmSync(dir, { recursive: true })
})

const lines: Record<string, unknown>[] = []
const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
const start = (predictionLog?: string) =>
  startGpuFunction({
    modelsDir: models.root,
    keys: KEYS,
    port: 0,
    provider: 'cpu',
    threads: 1,
    maxBatch: ROWS,
    modelsPollMs: 0,
    predictionLog,
    logger,
  })

type ScreenOptions = { seed?: number; grey?: number; outputs?: string[]; mode?: 'test' }
/** Rows of noise around a grey level, four a call. */
async function screen(
  url: string,
  rows: number,
  { seed = 1, grey = 100, outputs = ['probabilities'], ...call }: ScreenOptions = {},
) {
  const random = uniform(seed)
  for (let done = 0; done < rows; done += ROWS) {
    const image = Uint8Array.from({ length: ROWS * SIZE ** 2 }, () => grey + 60 * random())
    // The level of each film is its own, as exposures are.
    for (let row = 0; row < ROWS; row++) {
      const shift = 40 * random()
      for (let at = row * SIZE ** 2; at < (row + 1) * SIZE ** 2; at++)
        image[at] = Math.min(255, image[at]! + shift)
    }
    const { path, init } = await inferCall({ image, outputs, id: 'patient-4711', ...call })
    expect((await fetch(url + path, init)).status).toBe(200)
  }
}
const metricsOf = async (url: string) => (await fetch(`${url}/metrics`)).text()
/** What /metrics says of the lines. */
const linesIn = async (url: string) =>
  Object.fromEntries(
    [...(await metricsOf(url)).matchAll(/detl_gpu_predictions_total\{outcome="(\w+)"\} (\d+)/g)].map(
      ([, outcome, n]) => [outcome, Number(n)],
    ),
  )
const level = (text: string, measure: string) =>
  text.match(new RegExp(`detl_gpu_drift_level\\{model="detl",version="1",measure="${measure}"\\} (\\d)`))?.[1]

describe('the prediction log', () => {
  it('is not kept unless it is asked for', async () => {
    const server = await start()
    await screen(server.url, 4)
    const text = await metricsOf(server.url)
    expect(text).not.toContain('drift')
    expect(text).not.toContain('outcome="written"')
    await server.close()
    expect(readdirSync(dir)).toEqual([])
  })

  it('has a line of figures for each film that was scored, for its owner alone, and nothing of the call', async () => {
    const log = join(dir, 'lines')
    const server = await start(log)
    await screen(server.url, 8)
    // Who asks for maps alone screens nobody.
    await screen(server.url, 4, { outputs: ['cam'] })
    await vi.waitFor(async () => expect(await linesIn(server.url)).toEqual({ written: 8 }))
    await server.close()
    const [file] = readdirSync(log)
    expect(file).toMatch(/^predictions-\d{4}-\d\d-\d\d\.ndjson$/)
    expect(statSync(join(log, file!)).mode & 0o777).toBe(0o600)
    const text = readFileSync(join(log, file!), 'utf8')
    expect(text).not.toContain('4711')
    const { predictions } = await readPredictionLog([log], { name: 'detl', version: '1' })
    expect(predictions).toHaveLength(8)
    const [first] = predictions
    expect(Object.values(first!.scores).reduce((a, b) => a + b)).toBeCloseTo(1, 3)
    expect(first!.tensor.mean).toBeGreaterThan(100)
    expect(lines.find(({ msg }) => /drift is not told/.test(String(msg)))).toMatchObject({ level: 40 })
  })

  it('that cannot be written is said at the start, not found missing later', async () => {
    writeFileSync(join(dir, 'file'), '')
    await expect(start(join(dir, 'file', 'log'))).rejects.toThrow(
      /the prediction log cannot be written to .*file.log: ENOTDIR/,
    )
  })

  it('that was left amid a line goes on in the next one, and the half is told and left out', async () => {
    const log = join(dir, 'torn')
    const file = join(log, `predictions-${new Date().toISOString().slice(0, 10)}.ndjson`)
    mkdirSync(log)
    writeFileSync(file, '{"hour":"2026-11-28T19Z","mod')
    const server = await start(log)
    await screen(server.url, 4)
    await server.close()
    // As a start before this version went on: the next line is joined to the half.
    writeFileSync(file, `{"hour":"2026-11-28T19Z","mod${readFileSync(file, 'utf8').split('\n')[1]}\n`, {
      flag: 'a',
    })
    const { predictions, torn } = await readPredictionLog([log], { name: 'detl', version: '1' })
    expect([predictions.length, torn]).toEqual([4, 2])
  })

  it.each(['deleted', 'moved'])('is made anew where its file was %s while it is written', async (how) => {
    const log = join(dir, how)
    const server = await start(log)
    await screen(server.url, 4)
    await vi.waitFor(async () => expect(await linesIn(server.url)).toEqual({ written: 4 }))
    const [file] = readdirSync(log)
    if (how === 'deleted') rmSync(log, { recursive: true })
    else renameSync(join(log, file!), join(log, 'aside'))
    await new Promise((resolve) => setTimeout(resolve, 1100))
    await screen(server.url, 8)
    await server.close()
    expect(
      (await readPredictionLog([join(log, file!)], { name: 'detl', version: '1' })).predictions,
    ).toHaveLength(8)
  })

  const full = existsSync('/dev/full')
  it.skipIf(!full)('counts a line once the disk has it, and no attempt as a loss', async () => {
    const told: (string | undefined)[] = []
    const counted: string[] = []
    const log = join(dir, 'full')
    mkdirSync(log)
    const at = new Date()
    const path = join(log, `predictions-${at.toISOString().slice(0, 10)}.ndjson`)
    const logger = pino({}, { write: (line: string) => void told.push(JSON.parse(line).msg) })
    const file = new DailyFile({
      dir: log,
      log: logger,
      count: (outcome, n = 1) => void counted.push(`${n} ${outcome}`),
    })
    await vi.waitFor(() => rmSync(path)) // it is opened in the background
    symlinkSync('/dev/full', path)
    await new Promise((resolve) => setTimeout(resolve, 1100))
    file.write('a line\n', at)
    await new Promise((resolve) => setTimeout(resolve, 1600)) // three attempts
    expect([told, counted]).toEqual([['the prediction log cannot be written now; lines wait'], []])
    rmSync(path)
    file.write('another\n', at)
    await vi.waitFor(() => expect(readFileSync(path, 'utf8')).toBe('a line\nanother\n'))
    await file.close()
    expect(counted.join()).toMatch(/^2 written$|^1 written,1 written$/)
  })

  it('with a line that is none of its own is refused by file and line', async () => {
    writeFileSync(join(dir, 'odd.ndjson'), '\n{"hour": "today"}\n')
    await expect(
      readPredictionLog([join(dir, 'odd.ndjson')], { name: 'detl', version: '1' }),
    ).rejects.toThrow(/odd\.ndjson, line 2 is no line of a prediction log/)
  })
})

describe('drift', () => {
  const usual = join(dir, 'usual')
  const now = join(dir, 'now')

  it('is told in /metrics and by the report, once films are of another kind', async () => {
    const first = await start(usual)
    await screen(first.url, 200, { seed: 2 })
    await first.close()
    const { reference } = await makeReference({ model, films: [], log: [usual], of: 'the first month' })
    expect(reference.films).toBe(200)

    const server = await start(now)
    await screen(server.url, 200, { seed: 3 })
    expect(level(await metricsOf(server.url), 'tensor mean')).toBe('0')
    expect((await driftReport(model, [usual])).level).toBe('none')
    await screen(server.url, 200, { seed: 4, grey: 20 })
    const text = await metricsOf(server.url)
    expect(level(text, 'tensor mean')).toBe('2')
    expect(text).toContain('detl_gpu_drift_screenings{model="detl",version="1"} 400')
    await server.close()
    const report = await driftReport(model, [now])
    expect(report).toMatchObject({
      screenings: 400,
      others: 0,
      level: 'drift',
      reference: { of: 'the first month', films: 200 },
      measures: { 'tensor mean': { level: 'drift' }, 'tensor white': { level: 'none' } },
      outOfDistribution: null,
    })
    // A reference that does not hold a measure cannot say that there is no drift of it.
    const path = join(model, 'reference.json')
    const whole = JSON.parse(readFileSync(path, 'utf8'))
    const { 'tensor mean': _, ...measures } = whole.measures
    writeFileSync(path, JSON.stringify({ ...whole, measures }))
    await expect(driftReport(model, [now])).rejects.toThrow(/do not have the same measures \(tensor mean\)/)
    writeFileSync(path, JSON.stringify({ ...whole, films: 100 }))
    await expect(driftReport(model, [now])).rejects.toThrow('a measure does not count all films')
    writeFileSync(path, JSON.stringify(whole))
    const { medianThen, medianNow } = report.measures['tensor mean']!
    expect(medianNow).toBeLessThan(medianThen)
  })

  it('is judged for the days that are asked for, and of the model that is named', async () => {
    await expect(driftReport(model, [now], { until: '2020-01-01' })).rejects.toThrow(
      'the log has no line of detl 1 in that time (0 of other models or versions, 0 of test keys)',
    )
    const today = new Date().toISOString().slice(0, 10)
    expect((await driftReport(model, [now, usual], { since: today })).screenings).toBe(600)
  })

  it('is moved by no screening of a test key, which the log marks', async () => {
    const log = join(dir, 'tests')
    const server = await start(log)
    await screen(server.url, 200, { seed: 1 })
    await screen(server.url, 400, { seed: 2, grey: 20, mode: 'test' })
    await vi.waitFor(async () => expect(await linesIn(server.url)).toEqual({ written: 600 }))
    const text = await metricsOf(server.url)
    expect(text).toContain('detl_gpu_drift_screenings{model="detl",version="1"} 200')
    expect(level(text, 'tensor mean')).toBe('0')
    await server.close()
    expect(await driftReport(model, [log])).toMatchObject({ screenings: 200, tests: 400, level: 'none' })
    const reference = readFileSync(join(model, 'reference.json'))
    expect((await makeReference({ model, films: [], log: [log], of: 'these' })).reference.films).toBe(200)
    writeFileSync(join(model, 'reference.json'), reference)
  })

  const promtool = spawnSync('promtool', ['--version']).status === 0
  it.skipIf(!promtool)('passes promtool, metrics and alerts (Debian package prometheus)', async () => {
    const server = await start(join(dir, 'promtool'))
    await screen(server.url, 8)
    const checked = spawnSync('promtool', ['check', 'metrics'], { input: await metricsOf(server.url) })
    await server.close()
    expect(`${checked.stdout}${checked.stderr}`).toBe('')
    const cwd = new URL('../../deploy/prometheus/', import.meta.url)
    for (const args of [
      ['check', 'rules', 'rules.yml'],
      ['test', 'rules', 'rules.test.yml'],
    ]) {
      const { status, stderr } = spawnSync('promtool', args, { cwd, encoding: 'utf8' })
      expect({ status, stderr }).toMatchObject({ status: 0 })
    }
  })
})
