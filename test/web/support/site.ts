import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Manifest, parseManifest } from '@detl/core/model/manifest'
import { detl } from '../../support/detl-process.ts'
import { freePort } from '../../support/free-port.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
export const DIST = `${ROOT}web/dist/`
/** The made-up images of these tests were chosen for it: they are on either side of its thresholds, and its 8-bit file is run on a device. */
const NAME = 'detl-128'
const MODEL = `${ROOT}models/${NAME}/`

/** Why the page cannot be tried with a model; undefined where it can. */
export const noModel = existsSync(`${MODEL}model.onnx`) ? undefined : `no model in models/${NAME}`

export const readManifest = (): Manifest =>
  parseManifest(JSON.parse(readFileSync(`${MODEL}manifest.json`, 'utf8')))

/** What `npm start -- --model detl-128` starts: the page, the edge in workerd and the GPU function, with its demo key. */
export async function startSite(...options: string[]) {
  const [port, gpuPort] = [await freePort(), await freePort()]
  const ports = ['--port', String(port), '--gpu-port', String(gpuPort)]
  const process = detl(['serve', 'all', ...ports, '--model', NAME, ...options])
  const url = (await process.line(/Page +(http:\/\/[^/\s]+)\//))[1]!
  const key = (await process.line(/Demo API key +(\S+)/))[1]!
  return { url, key, stop: () => process.stop('SIGTERM') }
}

export type Site = Awaited<ReturnType<typeof startSite>>
