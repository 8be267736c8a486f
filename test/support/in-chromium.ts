import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { bundle, codecFiles } from './bundle.ts'
import { launch } from './chromium.ts'

type Served = { readonly type: string; readonly body: string | Uint8Array }

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
}

/** A page that has loaded `script`, and calls a function that the script put on `window`. */
export async function inChromium(script: string) {
  const files = new Map<string, Served>([
    ['/', { type: 'text/html', body: '<!doctype html><script type="module" src="/index.js"></script>' }],
    ['/index.js', { type: 'text/javascript', body: await bundle(script, 'browser') }],
  ])
  for (const { file, contents } of await codecFiles())
    files.set(`/${file}`, { type: 'application/wasm', body: contents })
  return open(files)
}

/** The same for a page that was built into a folder, with its `index.html`. */
export async function servedInChromium(folder: string) {
  const files = new Map<string, Served>()
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const type = TYPES[extname(path)] ?? 'application/octet-stream'
    files.set(path.slice(folder.length).replace(/\/index\.html$/, '/'), { type, body: readFileSync(path) })
  }
  return open(files)
}

async function open(files: ReadonlyMap<string, Served>) {
  const inputs = new Map<string, Uint8Array>()
  const server = createServer((request, response) => {
    const found = files.get(request.url ?? '') ?? input(inputs.get(request.url ?? ''))
    if (found === undefined) return response.writeHead(404).end()
    return response.writeHead(200, { 'content-type': found.type }).end(found.body)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const browser = await launch()
  const page = await browser.newPage()
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  await page.waitForFunction('window.run !== undefined')
  let count = 0
  return {
    /** `window.run(bytes)` in the page; the bytes travel over the loopback server. */
    async post<T>(body: Uint8Array): Promise<T> {
      const url = `/input/${count++}`
      inputs.set(url, body)
      const code = `fetch(${JSON.stringify(url)}).then((r) => r.arrayBuffer()).then((b) => window.run(new Uint8Array(b)))`
      const result = (await page.evaluate(code)) as T
      inputs.delete(url)
      return result
    },
    async stop() {
      await browser.close()
      await new Promise((done) => server.close(done))
    },
  }
}

const input = (body: Uint8Array | undefined) => body && { type: 'application/octet-stream', body }
