import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { mergeShards } from '@detl/cli/batch/merge-shards'
import { readPredictionLog } from '@detl/cli/drift/read-log'
import { linesOf } from '@detl/cli/lines-of'
import { report } from '@detl/cli/report-error'
import { readEarlier } from '@detl/cli/screen/earlier-output'
import { LineWriter } from '@detl/cli/screen/line-writer'
import { ConvertError } from '@detl/export/errors'
import { reporting } from '@detl/export/reporting'
import { afterAll, describe, expect, it, vi } from 'vitest'

const dir = mkdtempSync(join(tmpdir(), 'detl-lines-'))
afterAll(() => rmSync(dir, { recursive: true }))
const file = (name: string, content: string) => {
  const path = join(dir, name)
  writeFileSync(path, content)
  return path
}
const all = async (path: string) => {
  const found: string[] = []
  for await (const { text, number } of linesOf(path)) found.push(`${number}: ${text}`)
  return found
}

describe('files that commands wrote, read again', () => {
  it('are read line by line, whatever ends a line and wherever a piece of the file ends', async () => {
    const long = 'ä'.repeat(50_000)
    expect(await all(file('lines', `a\r\n\n${long}\nlast`))).toEqual(['1: a', '2: ', `3: ${long}`, '4: last'])
    expect(await all(file('empty', ''))).toEqual([])
  })

  const endless = file('endless.ndjson', 'x'.repeat(2 ** 22 + 70_000))
  it.each([
    ['the prediction log', () => readPredictionLog([endless], { name: 'm', version: '1' })],
    ['an earlier output', () => readEarlier(file('earlier', `{"${'x'.repeat(2 ** 22 + 70_000)}\n`), 'm 1')],
    [
      'an earlier table',
      () => readEarlier(file('earlier.csv', `file\n${'x'.repeat(2 ** 22 + 70_000)}\n`), 'm 1'),
    ],
  ])('are not read on where a line of %s does not end', async (_, read) => {
    await expect(read()).rejects.toThrow(
      /request-invalid: .*(, line \d is longer than any line of ours|no output to go on from: Max Record Size)/,
    )
  })

  it('are refused by file and line where a record of shards holds something else', async () => {
    const shard = join(dir, 'out', 'shard-0000-of-0001')
    mkdirSync(shard, { recursive: true })
    writeFileSync(join(shard, 'ended.json'), '{"index":0,"count":1}')
    const merge = (record: string) => {
      writeFileSync(join(shard, 'screenings.ndjson'), record)
      return mergeShards(join(dir, 'out'), 'csv', new LineWriter(new PassThrough()))
    }
    const good = '{"file":"a.png","error":{"code":"image-missing","detail":""}}\n'
    expect(await merge(good)).toBe('1 shards, 1 files: 0 scored, 1 failed')
    for (const odd of ['no JSON', 'null', '[]', '{"file":5}', '{"file":"b.png"}'])
      await expect(merge(`${good}${odd}\n`), odd).rejects.toThrow(
        /screenings\.ndjson, line 2 is no line of `detl batch`/,
      )
  })
})

it('a message that quotes a file steers no terminal', async () => {
  const told = vi.spyOn(console, 'error').mockImplementation(() => {})
  report(new Error('layer "\u001b]0;title\u0007"'))
  await reporting(() => {
    throw new ConvertError('unknown-layer', 'layer "\u001b[31m"')
  })()
  expect(told.mock.calls).toEqual([
    ['detl: layer "\\x1b]0;title\\x07" (DEBUG=1 shows where)'],
    ['detl: unknown-layer: layer "\\x1b[31m"'],
  ])
  told.mockRestore()
  process.exitCode = 0
})
