import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { ScreenLine } from '@detl/cli/screen/line'
import { encodePng } from '@detl/core/image/png-encode'
import { phantom } from '@detl/core/phantom/phantom'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KEYS_TEXT } from '../support/gpu-client.ts'
import { startServer } from '../support/gpu-process.ts'
import { modelsFolder } from '../support/model-folder.ts'

const DETL = fileURLToPath(new URL('../../cli/bin/detl.mjs', import.meta.url))
const FILES = 40

describe('detl batch', { timeout: 180_000 }, () => {
  const models = modelsFolder()
  const model = models.add()
  let dir: string
  let gpu: Awaited<ReturnType<typeof startServer>>
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'detl-batch-'))
    await mkdir(join(dir, 'archive'))
    const { image } = phantom({ seed: 5, width: 300, height: 340, lesions: ['consolidation'] })
    const png = await encodePng({ ...image, data: image.data.map((v) => v << 4), channels: 1 })
    for (let i = 0; i < FILES; i++) await writeFile(join(dir, 'archive', `${i}.png`), png)
    await writeFile(join(dir, 'archive', 'damaged.png'), png.subarray(0, png.length >> 1))
    const list = Array.from({ length: FILES }, (_, i) => `archive/${i}.png`).concat('archive/damaged.png')
    await writeFile(join(dir, 'list.txt'), list.join('\n'))
    gpu = await startServer(models.root)
  })
  afterAll(async () => {
    await gpu.stop()
    await rm(dir, { recursive: true })
    models.remove()
  })

  function start(...args: string[]) {
    const env = { ...process.env, DETL_SIGNING_KEY: KEYS_TEXT }
    const child = spawn(process.execPath, [DETL, 'batch', ...args], { cwd: dir, env })
    const ended = Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise<number | null>((resolve) => child.once('exit', resolve)),
    ]).then(([stdout, stderr, code]) => ({ stdout, stderr, code }))
    return { child, ended }
  }
  const batch = (...args: string[]) => start(...args).ended
  const linesOf = (ndjson: string) =>
    ndjson
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as ScreenLine)
  const names = (ndjson: string) => linesOf(ndjson).map(({ file }) => file)

  it('screens a list in shards on a server, and merges them: each file once', async () => {
    const shard = (i: number) =>
      batch(
        '--files-from',
        'list.txt',
        '--out',
        'out',
        '--shard',
        `${i}/3`,
        '--gpu',
        gpu.url,
        '--model',
        model,
      )
    const first = await shard(0)
    expect([first.code, first.stderr]).toEqual([
      expect.any(Number),
      expect.stringContaining(`run by ${gpu.url}`),
    ])
    const early = await batch('merge', 'out')
    expect([early.code, early.stderr]).toEqual([1, expect.stringContaining('not ended: 1/3, 2/3')])
    const others = await Promise.all([shard(1), shard(2)])
    expect([first, ...others].map(({ code }) => code).sort()).toEqual([0, 0, 1])

    const merged = await batch('merge', 'out')
    expect([merged.code, merged.stderr.trim()]).toEqual([
      0,
      `3 shards, ${FILES + 1} files: ${FILES} scored, 1 failed`,
    ])
    expect(names(merged.stdout).sort()).toEqual(
      (await readFile(join(dir, 'list.txt'), 'utf8')).split('\n').sort(),
    )
    const rows = parse((await batch('merge', 'out', '--csv')).stdout, { columns: true }) as {
      file: string
      error: string
    }[]
    expect(rows.filter(({ error }) => error !== '')).toMatchObject([
      { file: 'archive/damaged.png', error: 'image-undecodable' },
    ])

    const again = await shard(0)
    expect(again.stderr).toMatch(/^0 images: 0 scored, 0 failed; \d+ in the earlier output/)
  })

  it('goes on where it was killed, and waits for a server that is started again', async () => {
    const args = ['archive', '--out', 'killed', '--gpu', gpu.url, '--model', model, '--format', 'fhir']
    const { child, ended } = start(...args)
    const record = join(dir, 'killed', 'shard-0000-of-0001', 'screenings.ndjson')
    const done = () =>
      readFile(record, 'utf8').then(
        (lines) => names(lines).length,
        () => 0,
      )
    while ((await done()) < 3 && child.exitCode === null) await wait(20)
    child.kill('SIGKILL')
    await ended
    const { port } = gpu
    await gpu.stop()
    const second = start(...args)
    await wait(1500)
    gpu = await startServer(models.root, { PORT: String(port) })
    expect((await second.ended).code).toBe(1)
    const merged = await batch('merge', 'killed')
    expect(new Set(names(merged.stdout)).size).toBe(FILES + 1)
    expect(names(merged.stdout)).toHaveLength(FILES + 1)
    const reports = (await readdir(join(dir, 'killed', 'shard-0000-of-0001'))).filter((name) =>
      name.endsWith('.fhir.json'),
    )
    expect(reports).toHaveLength(FILES)
  })

  it.each([
    [['--out', 'x'], 'name files or folders'],
    [['archive'], '--out'],
    [['archive', '--out', 'x', '--shard', '3/3'], 'counted from 0'],
    [['archive', '--out', 'x', '--gpu', 'gpu:8001'], 'expected an http or https address'],
    [['merge', 'archive'], 'holds no shards'],
  ])('says what is wrong with a call: %j', async (args, words) => {
    const { code, stderr } = await batch(...args)
    expect([code === 1 || code === 2, stderr]).toEqual([true, expect.stringContaining(words)])
  })
})
