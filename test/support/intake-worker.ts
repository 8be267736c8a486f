import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { bundle, codecFiles } from './bundle.ts'
import { measuredWorker } from './edge-memory.ts'

const WORKER = `
  import { codecs } from '@detl/codecs/modules'
  import { AppError } from '@detl/core/api/problem'
  import { DEFAULT_GATE } from '@detl/core/gate/chest-model'
  import { DEFAULT_LIMITS } from '@detl/core/image/limits'
  import { takeIn } from '@detl/core/intake/intake'
  import { cxrGrey } from '@detl/core/preprocess/spec'
  export default {
    async fetch(request) {
      const bytes = new Uint8Array(await request.arrayBuffer())
      try {
        await takeIn(bytes, cxrGrey(128), { mode: 'refuse', spec: DEFAULT_GATE }, { limits: DEFAULT_LIMITS, codecs })
        return new Response('ok')
      } catch (error) {
        return new Response(error instanceof AppError ? error.message : String(error.stack))
      }
    },
  }`

/** A Worker in workerd that takes images in, as that of the edge does, with a look at its memory. */
export async function intakeWorker() {
  const dir = mkdtempSync(join(tmpdir(), 'detl-intake-'))
  const script = join(dir, 'worker.js')
  writeFileSync(script, await bundle(WORKER, 'workerd'))
  const codecs = (await codecFiles()).map(({ file, contents }) => {
    const path = resolve(dir, file)
    writeFileSync(path, contents)
    return { type: 'CompiledWasm' as const, path }
  })
  const modules = [{ type: 'ESModule' as const, path: script }, ...codecs]
  const worker = await measuredWorker({ name: 'detl-codecs', dir, modules, gzipKiB: 0 })
  return {
    /** `ok`, or why the image was refused. */
    answer: async (file: Uint8Array) => (await worker.post('/', file)).text(),
    peakMb: worker.peakMb,
    stop: async () => {
      await worker.stop()
      rmSync(dir, { recursive: true })
    },
  }
}
