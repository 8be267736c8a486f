/**
 * `detl screen` of mixed files against the same command of commit b114ee1, which screened one file after the other: pace, the runs alternating. The commit is checked out into a folder of its own
 * that takes the libraries of this checkout. And the memory of a long run, against that of a short one.
 * `DETL_BENCH_FILES` sets another number than 240 (of 400, b114ee1 scores none), `DETL_BENCH_LONG` another than 10,000.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { phantom } from '@detl/core/phantom/phantom'
import sharp from 'sharp'
import { chestElements, littleEndian, writeDicom } from '../test/support/dicom-writer.ts'
import type { Figure } from './run.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const BASE = 'b114ee1'
const FILES = Number(process.env.DETL_BENCH_FILES ?? 240)
const LONG = Number(process.env.DETL_BENCH_LONG ?? 10_000)
const RUNS = 3
const SMALL = { width: 512, height: 600 }
const LARGE = { width: 2500, height: 3000 }
/** So many small files for a large one; the large ones still take more than half of the time. */
const SMALL_A_LARGE = 3

export default async function cli(): Promise<Record<string, Figure>> {
  const folder = mkdtempSync(join(tmpdir(), 'detl-bench-'))
  try {
    const kinds = { small: await samples(folder, SMALL), large: await samples(folder, LARGE) }
    const mixed = fill(join(folder, 'mixed'), FILES, (i) => {
      const group = Math.floor(i / (SMALL_A_LARGE + 1))
      // Of each kind as many, large and small.
      return i % (SMALL_A_LARGE + 1) === 0
        ? kinds.large[group % kinds.large.length]!
        : kinds.small[(i - group) % kinds.small.length]!
    })
    const base = checkOut(join(folder, 'base'))
    const paces: number[] = []
    for (let run = 0; run < RUNS; run++) {
      const [before, now] = [await screen(base, mixed), await screen(ROOT, mixed)]
      paces.push(before.seconds / now.seconds)
    }
    const long = fill(join(folder, 'long'), LONG, (i) => kinds.small[i % kinds.small.length]!)
    const peak = await screen(ROOT, long)
    const against = `detl screen of ${BASE}, ${FILES} files, ${availableParallelism()} cores (higher is better)`
    return {
      'cli.screen_vs_b114ee1': { ...figure(paces), unit: '×', against },
      'cli.screen_memory_mb': {
        ...figure([peak.megabytes]),
        unit: 'MB',
        against: `the limit of 700 MB, ${LONG} files; ${peak.middle.toFixed(0)} MB after half of them`,
      },
    }
  } finally {
    rmSync(folder, { recursive: true })
    spawnSync('git', ['worktree', 'prune'], { cwd: ROOT })
  }
}

/** PNG of 8 and of 16 bits, JPEG and DICOM of one chest. */
async function samples(folder: string, size: { width: number; height: number }): Promise<string[]> {
  const { image } = phantom({ seed: 1, ...size, lesions: ['consolidation'] })
  const raw = { raw: { ...size, channels: 1 as const } }
  const grey8 = sharp(
    Uint8Array.from(image.data, (value) => value >> 4),
    raw,
  ).toColourspace('b-w')
  const grey16 = sharp(
    image.data.map((value) => value << 4),
    raw,
  ).toColourspace('grey16')
  const elements = chestElements(size, { allocated: 16, stored: 12 })
  const files = {
    'a.png': await grey8.clone().png().toBuffer(),
    'b.dcm': writeDicom('1.2.840.10008.1.2.1', elements, littleEndian(image.data)),
    'c.jpg': await grey8.clone().jpeg({ quality: 90 }).toBuffer(),
    'd.png': await grey16.png().toBuffer(),
  }
  return Object.entries(files).map(([name, bytes]) => {
    const path = join(folder, `${size.width}${name}`)
    writeFileSync(path, bytes)
    return path
  })
}

/** A folder of so many files, which are links: what is read is what a folder of copies would hold. */
function fill(folder: string, count: number, source: (i: number) => string): string[] {
  mkdirSync(folder)
  return Array.from({ length: count }, (_, i) => {
    const path = join(folder, `${i}${source(i).slice(-4)}`)
    linkSync(source(i), path)
    return path
  })
}

/** The older commit beside this one: its own code, the libraries of this checkout. */
function checkOut(folder: string): string {
  const { status, stderr } = spawnSync('git', ['worktree', 'add', '--detach', folder, BASE], { cwd: ROOT })
  if (status !== 0) throw new Error(`git worktree: ${stderr}`)
  const modules = join(folder, 'node_modules')
  mkdirSync(join(modules, '@detl'), { recursive: true })
  for (const name of readdirSync(join(ROOT, 'node_modules')))
    if (name !== '@detl') symlinkSync(join(ROOT, 'node_modules', name), join(modules, name))
  for (const name of readdirSync(join(ROOT, 'node_modules', '@detl')))
    symlinkSync(join(folder, name), join(modules, '@detl', name))
  return folder
}

async function screen(checkout: string, files: readonly string[]) {
  const started = performance.now()
  // The model that that commit had when none was named.
  const model = checkout === ROOT ? ['--model', 'detl-128'] : []
  const child = spawn(process.execPath, ['cli/bin/detl.mjs', 'screen', ...files, '--json', ...model], {
    cwd: checkout,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let lines = 0
  let megabytes = 0
  let middle = 0
  child.stdout.on('data', (chunk: Buffer) => {
    for (const byte of chunk) if (byte === 10) lines++
    if (lines < files.length / 2) middle = peakOf(child.pid!)
    megabytes = Math.max(megabytes, peakOf(child.pid!))
  })
  const [code] = await once(child, 'close')
  if (code !== 0 || lines !== files.length)
    throw new Error(`${checkout}: exit ${code}, ${lines} lines of ${files.length}`)
  return { seconds: (performance.now() - started) / 1000, megabytes, middle }
}

/** Most memory that a process has held at once; 0 where the system does not say. */
function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

function figure(values: readonly number[]) {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]!
  return { value: at(0.5), spread: at(0.75) - at(0.25), runs: values.length }
}
