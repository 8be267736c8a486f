/** What can be said of deploy/ without a container engine, a cluster or an account. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseEnv } from '@detl/gpu-function/env'
import { validate } from 'dockerfile-utils'
import { afterAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { writeRepository } from '../../deploy/triton/repository.ts'
import { KEYS_TEXT } from '../support/gpu-client.ts'
import { startServer } from '../support/gpu-process.ts'
import { gpuServer } from '../support/gpu-server.ts'
import { modelsFolder } from '../support/model-folder.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(join(root, 'deploy', path), 'utf8')
const temporary = mkdtempSync(join(tmpdir(), 'detl-deploy-'))
const models = modelsFolder()
models.add()
afterAll(() => {
  rmSync(temporary, { recursive: true })
  models.remove()
})

type Probe = { httpGet: { path: string; port: number } }
type Container = {
  image?: string
  args?: string[]
  command?: string[]
  ports?: { containerPort: number }[]
  env?: { name: string; value?: string }[]
  startupProbe?: Probe
  readinessProbe?: Probe
  livenessProbe?: Probe
}
const containers: Record<string, Container> = {
  'kserve/gpu-function.yaml': parse(read('kserve/gpu-function.yaml')).spec.predictor.containers[0],
  'cloud-run/service.yaml': parse(read('cloud-run/service.yaml')).spec.template.spec.containers[0],
}
const ENVIRONMENT = { HOST: '0.0.0.0', DETL_SIGNING_KEYS: KEYS_TEXT }

describe.each(['Dockerfile', 'vulkan.Dockerfile'])('%s', (file) => {
  const text = read(`gpu-function/${file}`)

  it('has no finding of the linter', () => {
    expect(validate(text).map(({ message }) => message)).toEqual([])
  })

  it('runs as nobody in particular, with a health check and variables that the server knows', () => {
    expect(text).toMatch(/^USER \d{5}:\d{5}$/m)
    expect(text).toMatch(/^HEALTHCHECK /m)
    const env = [...text.matchAll(/^(?:ENV|\s{4})\s*([A-Z_]+)=(\S+?)( \\)?$/gm)].map(([, name, value]) => [
      name,
      value,
    ])
    const options = parseEnv({ ...Object.fromEntries(env), ...ENVIRONMENT }, [])
    const provider = file === 'Dockerfile' ? 'auto' : 'webgpu'
    const expected = { host: '0.0.0.0', port: 8001, modelsDir: '/models', drainGraceMs: 2000, provider }
    expect(options).toMatchObject(expected)
  })
})

describe('the bundle', () => {
  it('starts, infers in its worker, and stops', async () => {
    const app = join(temporary, 'dist')
    const bundled = spawnSync(process.execPath, [join(root, 'deploy/gpu-function/bundle.ts'), app], {
      encoding: 'utf8',
    })
    expect(`${bundled.stderr}${bundled.status}`).toBe('0')
    // The two packages that the Dockerfile copies, and no other.
    mkdirSync(join(temporary, 'node_modules'))
    for (const name of ['onnxruntime-node', 'onnxruntime-common'])
      symlinkSync(join(root, 'node_modules', name), join(temporary, 'node_modules', name))
    const server = await startServer(
      models.root,
      { NODE_OPTIONS: '--preserve-symlinks' },
      join(app, 'main.js'),
    )
    expect((await fetch(`${server.url}/v2/health/ready`)).status).toBe(200)
    await server.stop()
    expect(server.child.exitCode).toBe(0)
  })
})

describe.each(Object.entries(containers))('%s', (_, container) => {
  const server = gpuServer()

  it('sets only what the server knows', () => {
    const values = (container.env ?? []).flatMap(({ name, value }) =>
      value === undefined ? [] : [[name, value]],
    )
    const port = container.ports?.[0]?.containerPort
    // Cloud Run sets PORT to the container's port itself.
    const env = { PORT: String(port), ...Object.fromEntries(values), ...ENVIRONMENT }
    const [script, ...argv] = container.args ?? []
    expect([...(container.command ?? []), script]).toEqual(['node', 'dist/main.js'])
    expect(parseEnv(env, argv)).toMatchObject({ port, requireGpu: true })
  })

  it('probes addresses that answer without a signature, on the port that is served', async () => {
    const probes = [container.startupProbe, container.readinessProbe, container.livenessProbe].flatMap(
      (p) => p ?? [],
    )
    expect(probes.length).toBeGreaterThan(1)
    for (const { httpGet } of probes) {
      expect((await server.fetch(httpGet.path)).status).toBe(200)
      expect(httpGet.port).toBe(container.ports?.[0]?.containerPort)
    }
  })
})

describe('the RunPod template', () => {
  it('sets only what the server knows, and the port of its health check is the port that is served', () => {
    const template = JSON.parse(read('runpod/template.json'))
    const [, ...argv] = template.dockerStartCmd
    expect(parseEnv({ ...template.env, ...ENVIRONMENT }, argv)).toMatchObject({
      port: 8001,
      requireGpu: true,
    })
    expect(template.env.PORT_HEALTH).toBe(template.env.PORT)
    expect(template.ports).toEqual([`${template.env.PORT}/http`])
  })
})

describe('the Triton repository', () => {
  it('is written from the ONNX file: names, types and sizes without the batch axis', async () => {
    const config = readFileSync(await writeRepository(join(models.root, 'detl'), temporary), 'utf8')
    expect(config).toContain('name: "detl"')
    expect(config).toContain('{ name: "image" data_type: TYPE_UINT8 dims: [ 1, 32, 32 ] }')
    expect(config).toContain('{ name: "probabilities" data_type: TYPE_FP32 dims: [ 4 ] }')
    expect(config).toContain('{ name: "cam" data_type: TYPE_FP32 dims: [ 4, 10, 10 ] }')
    expect(readFileSync(join(temporary, 'detl', '1', 'model.onnx'))).toEqual(
      readFileSync(join(models.root, 'detl', 'model.onnx')),
    )
  })
})
