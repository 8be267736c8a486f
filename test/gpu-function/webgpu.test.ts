/** The WebGPU provider without a GPU, on SwiftShader: the same runtime, kernels and driver interface, slow. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { encodePng } from '@detl/core/image/png-encode'
import { parseManifest } from '@detl/core/model/manifest'
import { phantom } from '@detl/core/phantom/phantom'
import { float32Values } from '@detl/core/wire/tensor'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { detl } from '../support/detl-process.ts'
import { inferCall, KEYS_TEXT, readAnswer, signedCall } from '../support/gpu-client.ts'
import { startServer } from '../support/gpu-process.ts'
import { modelsFolder } from '../support/model-folder.ts'
import { onProviders } from '../support/on-providers.ts'
import { noSoftwareVulkan, softwareVulkan } from '../support/software-vulkan.ts'

const MODELS = fileURLToPath(new URL('../../models', import.meta.url))
const MAX_BATCH = 3
const OUTPUTS = ['logits', 'probabilities', 'cam', 'feature_maps', 'cam_weights']
const main = fileURLToPath(import.meta.resolve('@detl/gpu-function/main'))

describe.skipIf(noSoftwareVulkan)(`WebGPU ${noSoftwareVulkan ?? 'on SwiftShader'}`, () => {
  const models = modelsFolder()
  models.add()
  const vulkan = softwareVulkan()
  const settings = { DETL_MODELS_POLL_MS: '0', DETL_MAX_BATCH: String(MAX_BATCH), DETL_THREADS: '1' }
  const servers: Awaited<ReturnType<typeof startServer>>[] = []
  beforeAll(async () => {
    // Required, and left open which: what is software counts because that is allowed.
    const gpu = { ...vulkan, DETL_PROVIDER: 'auto', DETL_REQUIRE: 'gpu', DETL_ALLOW_SOFTWARE: 'true' }
    for (const provider of [gpu, { DETL_PROVIDER: 'cpu' }])
      servers.push(await startServer(models.root, { ...settings, ...provider }))
  }, 240_000)
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop()))
    models.remove()
    rmSync(vulkan.XDG_RUNTIME_DIR!, { recursive: true, force: true })
  })

  it('gives what the CPU gives: every output, every batch size', async () => {
    for (let rows = 1; rows <= MAX_BATCH; rows++) {
      const image = Uint8Array.from({ length: rows * 32 * 32 }, (_, i) => (i * 37 + (i >> 5) * 11) % 256)
      const answers = await Promise.all(
        servers.map(async ({ url }) => {
          const { path, init } = await inferCall({ image, outputs: OUTPUTS })
          const response = await fetch(url + path, init)
          expect(response.status).toBe(200)
          return (await readAnswer(response)).outputs.map(float32Values)
        }),
      )
      const [gpu, cpu] = answers as [Float32Array[], Float32Array[]]
      for (const [i, values] of cpu.entries()) {
        const apart = values.reduce((worst, v, j) => Math.max(worst, Math.abs(v - gpu[i]![j]!)), 0)
        expect(apart, `${OUTPUTS[i]} of ${rows} rows`).toBeLessThanOrEqual(1e-4)
        expect(gpu[i]).toHaveLength(values.length)
      }
    }
  })

  it('names the provider and the adapter, as software, in metadata, metrics and answers', async () => {
    const { url } = servers[0]!
    const { parameters } = await metadata(url)
    expect(parameters).toMatchObject({ provider: 'webgpu', software_adapter: true })
    expect(parameters.adapter).toMatch(/^google swiftshader.*\(SwiftShader driver .*\), software$/)
    const metrics = await (await fetch(`${url}/metrics`)).text()
    expect(metrics).toMatch(/detl_gpu_model_info\{.*provider="webgpu",adapter="google swiftshader.*software"/)
    const { path, init } = await inferCall({ image: new Uint8Array(1024), outputs: ['probabilities'] })
    const { parameters: answered } = await readAnswer(await fetch(url + path, init))
    expect(answered).toMatchObject({ provider: 'webgpu', adapter: parameters.adapter })
  })

  it('runs `detl screen --provider webgpu`, which names the adapter', async () => {
    const { image } = phantom({ seed: 3, width: 512, height: 512, lesions: [] })
    const png = await encodePng({ width: 512, height: 512, channels: 1, data: image.data.map((v) => v << 4) })
    const file = join(models.root, 'chest.png')
    writeFileSync(file, png)
    const model = join(models.root, 'detl')
    const screen = detl(['screen', file, '--json', '--model', model, '--provider', 'webgpu'], vulkan)
    const exit = await screen.exit
    expect(screen.output()).toContain('"probabilities"')
    expect(screen.output()).toMatch(/run by webgpu on google swiftshader.*software/)
    expect(exit).toBe(0)
  }, 180_000)

  const start = (...args: string[]) => {
    const { PATH = '' } = process.env
    const env = { PATH, ...vulkan, ...settings, DETL_SIGNING_KEYS: KEYS_TEXT }
    const given = [main, '--port', '0', '--models', models.root, ...args]
    const { status, stdout } = spawnSync(process.execPath, given, { env, encoding: 'utf8', timeout: 60_000 })
    return { status, output: stdout }
  }

  it('passes software over where the provider is left open, and refuses it where a GPU is required', {
    timeout: 180_000,
  }, () => {
    const open = start('--require', 'gpu')
    expect(open.status).toBe(1)
    expect(open.output).toContain('its adapter is software')
    const named = start('--require', 'gpu', '--provider', 'webgpu')
    expect(named.status).toBe(1)
    expect(named.output).toContain('--allow-software')
  })
})

describe.skipIf(noSoftwareVulkan)('the shipped models on WebGPU', () => {
  it.each(readdirSync(MODELS).filter((name) => existsSync(join(MODELS, name, 'manifest.json'))))(
    '%s: every output as on the CPU',
    async (name) => {
      const folder = join(MODELS, name)
      const { size } = parseManifest(
        JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')),
      ).preprocess
      const cases = [1, 2].map((rows) => ({
        name: `${rows} rows`,
        model: join(folder, 'model.onnx'),
        feeds: {
          image: {
            type: 'uint8' as const,
            dims: [rows, 1, size, size],
            data: Array.from({ length: rows * size * size }, (_, i) => (i * 37 + (i >> 6) * 11) % 256),
          },
        },
      }))
      for (const result of await onProviders(cases)) {
        expect(result).toHaveProperty('apart.cam')
        for (const [output, apart] of Object.entries('apart' in result ? result.apart : {}))
          expect(apart, `${output} of ${result.name}`).toBeLessThanOrEqual(1e-4)
      }
    },
    120_000,
  )
})

async function metadata(url: string): Promise<{ parameters: Record<string, unknown> }> {
  const path = '/v2/models/detl'
  return (await fetch(url + path, await signedCall('GET', path))).json() as ReturnType<typeof metadata>
}
