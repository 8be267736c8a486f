import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { downloadFile as download, downloadListSchema, downloadRepository } from '@detl/train/data/download'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const content = Buffer.from(Array.from({ length: 50_000 }, (_, i) => (i * 7) % 251))
const sha256 = createHash('sha256').update(content).digest('hex')
const dir = mkdtempSync(join(tmpdir(), 'detl-download-'))
const asked: (string | undefined)[] = []

/** /whole honours ranges; /deaf does not; /broken stops in the middle; the rest is 404. */
const server = createServer((request, response) => {
  asked.push(request.headers.range)
  const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
  if (from >= content.length) response.writeHead(416).end()
  else if (request.url === '/whole') response.writeHead(from ? 206 : 200).end(content.subarray(from))
  else if (request.url === '/deaf') response.writeHead(200).end(content)
  else if (request.url === '/broken') {
    response.writeHead(200, { 'content-length': content.length })
    response.write(content.subarray(0, 20_000))
    setTimeout(() => response.destroy(), 100) // time for what was sent to arrive
  } else response.writeHead(404).end()
})
let base = ''
beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.close()
  rmSync(dir, { recursive: true })
})
const item = (route: string, path: string, more = {}) => ({
  url: `${base}${route}`,
  path,
  bytes: content.length,
  sha256,
  ...more,
})

describe('download', () => {
  it('fetches, and the second time does not ask', async () => {
    expect(await download(item('/whole', 'a/b.bin'), dir)).toBe('fetched')
    const count = asked.length
    expect(await download(item('/whole', 'a/b.bin'), dir)).toBe('present')
    expect(asked).toHaveLength(count)
    expect(readFileSync(join(dir, 'a/b.bin'))).toEqual(content)
  })

  it('continues a broken-off file from where it stopped', async () => {
    await expect(download(item('/broken', 'c.bin'), dir)).rejects.toThrow()
    const arrived = statSync(join(dir, 'c.bin.part')).size
    expect(arrived).toBeGreaterThan(0)
    expect(await download(item('/whole', 'c.bin'), dir)).toBe('resumed')
    expect(asked.at(-1)).toBe(`bytes=${arrived}-`)
    expect(readFileSync(join(dir, 'c.bin'))).toEqual(content)
  })

  it('starts again where the server knows no ranges', async () => {
    writeFileSync(join(dir, 'd.bin.part'), content.subarray(0, 100))
    expect(await download(item('/deaf', 'd.bin'), dir)).toBe('fetched')
  })

  it('refuses another content, another size, and leaves nothing behind under the name', async () => {
    await expect(download(item('/whole', 'e.bin', { sha256: '0'.repeat(64) }), dir)).rejects.toThrow(
      'expected 000',
    )
    await expect(download(item('/whole', 'f.bin', { bytes: 10 }), dir)).rejects.toThrow(
      'more than the 10 bytes',
    )
    await expect(download(item('/gone', 'g.bin'), dir)).rejects.toThrow('answered 404')
    for (const name of ['e.bin', 'f.bin', 'g.bin']) expect(existsSync(join(dir, name))).toBe(false)
  })

  it('takes MD5 where a source publishes nothing else, and goes on without a size', async () => {
    const { bytes: _, sha256: __, ...bare } = item('/whole', 'h.bin')
    const md5 = createHash('md5').update(content).digest('hex')
    writeFileSync(join(dir, 'h.bin.part'), content.subarray(0, 100))
    expect(await download({ ...bare, md5 }, dir)).toBe('resumed')
    expect(await download({ ...bare, md5 }, dir)).toBe('present')
    writeFileSync(join(dir, 'k.bin.part'), content) // broken off after the last byte
    expect(await download({ ...bare, md5, path: 'k.bin' }, dir)).toBe('fetched')
    const wrong = { ...bare, path: 'i.bin', md5: '0'.repeat(32) }
    await expect(download(wrong, dir)).rejects.toThrow('has md5')
    expect(existsSync(join(dir, 'i.bin'))).toBe(false)
  })

  it('tells how far it is', async () => {
    const steps: (number | undefined)[][] = []
    await download(item('/whole', 'j.bin'), dir, (done, total) => steps.push([done, total]))
    expect(steps.at(-1)).toEqual([content.length, content.length])
  })

  it('does not write outside its folder', async () => {
    await expect(download(item('/whole', '../evil.bin'), dir)).rejects.toThrow('leads out of')
  })
})

describe('downloadRepository', () => {
  const source = join(dir, 'source')
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', source, '-c', 'user.name=t', '-c', 'user.email=t@t', ...args], {
      encoding: 'utf8',
    }).trim()
  let commit = ''
  beforeAll(() => {
    mkdirSync(join(source, 'images'), { recursive: true })
    writeFileSync(join(source, 'metadata.csv'), 'a,b\r\n1,2\r\n')
    writeFileSync(join(source, 'images/1.png'), content)
    writeFileSync(join(source, 'weights.bin'), content)
    git('init', '--quiet')
    git('add', '.')
    git('commit', '--quiet', '-m', 'one')
    commit = git('rev-parse', 'HEAD')
    writeFileSync(join(source, 'metadata.csv'), 'changed later')
    git('commit', '--quiet', '-am', 'two')
    git('config', 'uploadpack.allowAnySHA1InWant', 'true')
    git('config', 'uploadpack.allowFilter', 'true')
  })
  const repository = (path: string) => ({
    git: `file://${source}`,
    commit,
    path,
    only: ['metadata.csv', 'images'],
  })

  it('gets the files of that commit as they are, and only those that are wanted', () => {
    expect(downloadRepository(repository('clone'), dir)).toBe('fetched')
    expect(readFileSync(join(dir, 'clone/metadata.csv'), 'utf8')).toBe('a,b\r\n1,2\r\n')
    expect(readFileSync(join(dir, 'clone/images/1.png'))).toEqual(content)
    expect(existsSync(join(dir, 'clone/weights.bin'))).toBe(false)
    expect(downloadRepository(repository('clone'), dir)).toBe('present')
  })

  it('notices a file that was changed since, and a commit that is not there', () => {
    downloadRepository(repository('changed'), dir)
    writeFileSync(join(dir, 'changed/images/1.png'), 'forged')
    expect(() => downloadRepository(repository('changed'), dir)).toThrow('was changed since')
    const missing = { ...repository('missing'), commit: '0'.repeat(40) }
    expect(() => downloadRepository(missing, dir)).toThrow()
    expect(() => downloadRepository({ ...repository('../out') }, dir)).toThrow('leads out of')
  })
})

it.each(['nih', 'cohen', 'figure1', 'covid-cxnet'])('the list of %s is valid', (name) => {
  const list = JSON.parse(
    readFileSync(new URL(`../../../train/sources/${name}.json`, import.meta.url), 'utf8'),
  )
  expect(downloadListSchema.parse(list).length).toBeGreaterThan(0)
})
