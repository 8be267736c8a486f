import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '@detl/core/api/problem'
import { reasonOf } from '../io-errors.ts'
import { linesOf } from '../lines-of.ts'
import type { ScreenLine } from '../screen/line.ts'
import type { LineWriter } from '../screen/line-writer.ts'
import { csvHeader, OUTPUTS } from '../screen/printers.ts'
import { recordIn } from '../screen/record.ts'
import { ENDED, shardOfFolder } from '../screen/shard.ts'

/**
 * Writes the lines of all shards, one a file: of a file that was tried again, the last one. Of one shard at a time the files' names are held.
 * @returns a summary
 * @throws AppError request-invalid if shards are missing, have not ended, or are not of one run
 */
export async function mergeShards(dir: string, print: 'json' | 'csv', out: LineWriter): Promise<string> {
  const folders = await shardsIn(dir)
  let [files, failed] = [0, 0]
  let printer = print === 'json' ? OUTPUTS.json() : undefined
  for (const folder of folders) {
    const record = recordIn(folder)
    const last = new Map<string, number>()
    for await (const { line, n } of recorded(record)) last.set(line.file, n)
    for await (const { line, n } of recorded(record)) {
      if (last.get(line.file) !== n) continue
      files++
      if ('error' in line) failed++
      // The classes are known from the first line that has scores; without any there are none.
      if (!printer) {
        const labels = await labelsOf(folders)
        await out.write(csvHeader(labels))
        printer = OUTPUTS.csv(labels)
      }
      await out.write(printer(line))
    }
  }
  return `${folders.length} shards, ${files} files: ${files - failed} scored, ${failed} failed`
}

/** The shards' folders, in order. */
async function shardsIn(dir: string): Promise<string[]> {
  const names = await readdir(dir).catch((cause) => {
    throw new AppError('request-invalid', `${dir} cannot be read: ${reasonOf(cause)}`, { cause })
  })
  const shards = names.flatMap((name) => {
    const shard = shardOfFolder(name)
    return shard && shard.index < shard.count ? [{ ...shard, folder: join(dir, name) }] : []
  })
  const counts = new Set(shards.map(({ count }) => count))
  if (counts.size > 1)
    throw new AppError(
      'request-invalid',
      `${dir} holds shards of ${[...counts].join(' and of ')}: merge one run`,
    )
  const [count = 0] = counts
  if (count === 0) throw new AppError('request-invalid', `${dir} holds no shards`)
  const missing = Array.from({ length: count }, (_, index) => index).filter(
    (index) => !shards.some((one) => one.index === index && existsSync(join(one.folder, ENDED))),
  )
  if (missing.length > 0)
    throw new AppError(
      'request-invalid',
      `of ${count} shards these have not ended: ${missing.map((index) => `${index}/${count}`).join(', ')}`,
    )
  return shards.sort((a, b) => a.index - b.index).map(({ folder }) => folder)
}

async function* recorded(record: string): AsyncGenerator<{ line: ScreenLine; n: number }> {
  for await (const { text, number: n } of linesOf(record))
    if (text !== '') yield { line: parsed(text, `${record}, line ${n}`), n }
}

function parsed(text: string, where: string): ScreenLine {
  try {
    const line = JSON.parse(text) as ScreenLine
    if (typeof line.file !== 'string') throw new Error('it names no file')
    if (!('error' in line) && !(line.probabilities && line.decision))
      throw new Error('it has neither scores nor a refusal')
    return line
  } catch (cause) {
    throw new AppError('request-invalid', `${where} is no line of \`detl batch\`: ${reasonOf(cause)}`, {
      cause,
    })
  }
}

async function labelsOf(folders: readonly string[]): Promise<string[]> {
  for (const folder of folders)
    for await (const { line } of recorded(recordIn(folder)))
      if (!('error' in line)) return Object.keys(line.probabilities)
  return []
}
