import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { cxrGrey, preprocessId } from '@detl/core/preprocess/spec'
import { float32Values } from '@detl/core/wire/tensor'
import { startGpuFunction } from '@detl/gpu-function/start'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inferCall, KEYS, readAnswer } from '../support/gpu-client.ts'
import { modelsFolder } from '../support/model-folder.ts'

const models = modelsFolder()
let server: Awaited<ReturnType<typeof startGpuFunction>>
beforeAll(async () => {
  models.add()
  server = await startGpuFunction({
    modelsDir: models.root,
    keys: KEYS,
    port: 0,
    logLevel: 'silent',
    provider: 'cpu',
  })
})
afterAll(async () => {
  await server.close()
  models.remove()
})

const image = Uint8Array.from({ length: 32 * 32 }, (_, i) => (i * 37) % 256)

describe('a started GPU function', () => {
  it('answers a signed call with the requested outputs only', async () => {
    const { path, init } = await inferCall({ image, id: 'a', outputs: ['cam', 'probabilities'] })
    const response = await fetch(server.url + path, init)
    expect(response.status).toBe(200)
    const answer = await readAnswer(response)
    expect(answer).toMatchObject({ modelName: 'detl', modelVersion: '1', id: 'a' })
    expect(answer.outputs.map((o) => [o.name, o.shape])).toEqual([
      ['cam', [1, 4, 10, 10]],
      ['probabilities', [1, 4]],
    ])
    expect(float32Values(answer.outputs[1]!).reduce((a, b) => a + b)).toBeCloseTo(1, 5)
  })

  it('says what it runs', () => {
    expect(server.provider).toBe('cpu')
    expect(server.models).toEqual([{ name: 'detl', version: '1', preprocess: preprocessId(cxrGrey(32)) }])
  })
})

describe('a start', () => {
  const start = (modelsDir: string) =>
    startGpuFunction({ modelsDir, keys: KEYS, port: 0, provider: 'cpu', logLevel: 'silent' })

  it('fails, and says why, without models, with a damaged one, and without the folder', async () => {
    const folder = modelsFolder()
    await expect(start(folder.root)).rejects.toThrow('there is no model')
    appendFileSync(join(folder.add(), 'model.onnx'), 'x')
    await expect(start(folder.root)).rejects.toThrow('sha256')
    folder.remove()
    await expect(start(folder.root)).rejects.toThrow('ENOENT')
  })
})
