import { startGpuFunction } from '@detl/gpu-function/start'
import { afterAll, beforeAll } from 'vitest'
import { KEYS } from './gpu-client.ts'
import { modelsFolder } from './model-folder.ts'

type Options = Partial<Parameters<typeof startGpuFunction>[0]>

/** A GPU function in this process for the tests of one file: real sockets, real ONNX Runtime on the CPU, a tiny model. */
export function gpuServer(
  options: Options = {},
  prepare = (folder: ReturnType<typeof modelsFolder>) => void folder.add(),
) {
  const models = modelsFolder()
  const held: { server?: Awaited<ReturnType<typeof startGpuFunction>> } = {}
  beforeAll(async () => {
    prepare(models)
    held.server = await startGpuFunction({
      modelsDir: models.root,
      keys: KEYS,
      port: 0,
      provider: 'cpu',
      threads: 1,
      maxBatch: 4,
      modelsPollMs: 0,
      logLevel: 'silent',
      ...options,
    })
  })
  afterAll(async () => {
    await held.server?.close()
    models.remove()
  })
  return {
    models,
    get url() {
      return held.server!.url
    },
    close: () => held.server!.close(),
    fetch: (path: string, init?: RequestInit) => fetch(held.server!.url + path, init),
  }
}
