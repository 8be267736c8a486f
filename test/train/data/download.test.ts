import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { download } from '@detl/train/data/download'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const content = Buffer.from(Array.from({ length: 50_000 }, (_, i) => (i * 7) % 251))
const sha256 = createHash('sha256').update(content).digest('hex')
const dir = mkdtempSync(join(tmpdir(), 'detl-download-'))
const asked: (string | undefined)[] = []

/** /whole honours ranges; /deaf does not; /broken stops in the middle; the rest is 404. */
const server = createServer((request, response) => {
  asked.push(request.headers.range)
  const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
  if (request.url === '/whole') response.writeHead(from ? 206 : 200).end(content.subarray(from))
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

  it('does not write outside its folder', async () => {
    await expect(download(item('/whole', '../evil.bin'), dir)).rejects.toThrow('leads out of')
  })
})
