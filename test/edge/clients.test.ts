import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { encodePng } from '@detl/core/image/png-encode'
import { phantom } from '@detl/core/phantom/phantom'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { edgeApp } from '../support/edge-app.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const CACHE = join(ROOT, 'node_modules/.cache/detl-clients')
const GENERATORS = {
  '@hey-api/openapi-ts': '0.99.0',
  'openapi-fetch': '0.17.0',
  'openapi-typescript': '7.13.0',
  orval: '8.38.0',
  typescript: '5.9.3',
}
/** Not a dependency of this project: 110 MB that only this test needs. */
const tools = installOnce()

/** As docs/api/clients/orval.config.mjs has it; here it stands for the edge in this process. */
const EDGE = 'http://127.0.0.1:8787'

/** As a page's own project may be set up. */
const COMPILER = {
  strict: true,
  noEmit: true,
  target: 'es2022',
  lib: ['es2023', 'dom', 'dom.iterable'],
  module: 'esnext',
  moduleResolution: 'bundler',
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  types: [],
}

const HEY = `
import { client } from './hey/client.gen.ts'
import { createScreening } from './hey/sdk.gen.ts'
export async function screen(image: Blob, baseUrl: string, key: string): Promise<string | undefined> {
  client.setConfig({ baseUrl, auth: key })
  const { data } = await createScreening({ body: image })
  return data && 'label' in data ? data.label : undefined
}`
const OPENAPI_FETCH = `
import createClient from 'openapi-fetch'
import type { paths } from './api.d.ts'
export async function screen(image: Blob, baseUrl: string, key: string): Promise<string | undefined> {
  const client = createClient<paths, 'application/json'>({ baseUrl, headers: { authorization: \`Bearer \${key}\` } })
  const { data } = await client.POST('/v1/screenings', {
    body: image,
    bodySerializer: (body) => body,
    headers: { 'content-type': image.type },
  })
  return data && 'label' in data ? data.label : undefined
}`
const ORVAL = `
import { createScreening } from './detl.ts'
export async function screen(image: Blob, _baseUrl: string, key: string): Promise<string | undefined> {
  const { status, data } = await createScreening(image, { headers: { authorization: \`Bearer \${key}\` } })
  return status === 200 ? data.label : undefined
}`
type Client = { screen: (image: Blob, baseUrl: string, key: string) => Promise<string | undefined> }

describe.skipIf(tools === undefined)(
  'a client that is generated from docs/openapi.json',
  { timeout: 120_000 },
  () => {
    let dir: string
    let edge: Awaited<ReturnType<typeof edgeApp>>
    let image: Blob

    beforeAll(async () => {
      edge = await edgeApp()
      const { image: chest } = phantom({ seed: 3, width: 300, height: 320, lesions: [] })
      image = new Blob([await encodePng({ ...chest, data: chest.data.map((v) => v << 4), channels: 1 })], {
        type: 'image/png',
      })
      dir = mkdtempSync(join(CACHE, 'run-'))
      symlinkSync(join(tools!, 'node_modules'), join(dir, 'node_modules'))
      copyFileSync(join(ROOT, 'docs/openapi.json'), join(dir, 'openapi.json'))
      for (const file of ['openapi-typescript.mjs', 'orval.config.mjs'])
        copyFileSync(join(ROOT, 'docs/api/clients', file), join(dir, file))
      writeFileSync(join(dir, 'package.json'), '{"type":"module"}')
    })
    afterAll(async () => {
      await edge.stop()
      rmSync(dir, { recursive: true })
    })
    afterEach(() => vi.unstubAllGlobals())

    it.each([
      ['@hey-api/openapi-ts', 'openapi-ts -i openapi.json -o hey -c @hey-api/client-fetch', HEY],
      ['openapi-typescript', 'node openapi-typescript.mjs openapi.json api.d.ts', OPENAPI_FETCH],
      ['orval', 'orval --config orval.config.mjs', ORVAL],
    ])('by %s compiles without a cast, and screens an image', async (name, command, source) => {
      const file = `use-${name.replaceAll(/\W/g, '')}.ts`
      writeFileSync(join(dir, file), source)
      writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions: COMPILER, files: [file] }))
      for (const line of [command, 'tsc']) {
        const { status, stdout, stderr } = spawnSync(line, {
          cwd: dir,
          shell: true,
          encoding: 'utf8',
          env: withTools(),
        })
        expect(status, `${line}\n${stdout}${stderr}`).toBe(0)
      }
      const wide = fetch
      vi.stubGlobal('fetch', (input: string | URL | Request, init?: RequestInit) => {
        const request = new Request(input, init)
        return new URL(request.url).origin === EDGE ? edge.request(request) : wide(request)
      })
      const client = (await import(/* @vite-ignore */ pathToFileURL(join(dir, file)).href)) as Client
      expect(await client.screen(image, EDGE, edge.key)).toMatch(/^[a-z0-9_]+$/)
    })
  },
)

const withTools = () => ({ ...process.env, PATH: `${join(tools!, 'node_modules/.bin')}:${process.env.PATH}` })

/** @returns the folder with the generators, or undefined where the registry cannot be reached */
function installOnce(): string | undefined {
  const home = join(CACHE, Object.values(GENERATORS).join('-'))
  if (existsSync(home)) return home
  mkdirSync(CACHE, { recursive: true })
  const part = mkdtempSync(join(CACHE, 'part-'))
  writeFileSync(join(part, 'package.json'), JSON.stringify({ private: true, dependencies: GENERATORS }))
  const { status } = spawnSync('npm', ['install', '--ignore-scripts', '--silent'], {
    cwd: part,
    timeout: 180_000,
    shell: true,
  })
  if (status === 0 && !existsSync(home)) renameSync(part, home)
  rmSync(part, { recursive: true, force: true })
  return existsSync(home) ? home : undefined
}
