/** What on-a-gpu.sh runs on the machine with the GPU, from the folder that it packed: lines for people, each with what it was measured against. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { preprocessId } from '@detl/core/preprocess/spec'
import { encodeInferRequest, HEADER_LENGTH } from '@detl/core/wire/oip'
import ort from 'onnxruntime-node'
import { adapterText } from '../../gpu-function/src/adapter.ts'
import type { Adapter } from '../../gpu-function/src/session-messages.ts'
import { fillPicture } from '../../gpu-function/src/test-run.ts'
import { freePort } from '../../test/support/free-port.ts'

const { values } = parseArgs({
  options: {
    batches: { type: 'string', default: '1,8,64,256' },
    models: { type: 'string', default: 'detl-128,mobilenet-v2-160' },
    runs: { type: 'string', default: '20' },
    train: { type: 'string', default: 'detl12:128:64,mobilenet-v2:160:64' },
  },
})
const batches = values.batches.split(',').map(Number)
const runs = Number(values.runs)
const OUTPUTS = ['probabilities', 'cam']
ort.env.logLevel = 'fatal'

const adapter = JSON.parse(
  execFileSync(process.execPath, ['dist/adapter-probe.js'], { encoding: 'utf8' }),
) as Adapter
console.log(`adapter: ${adapterText(adapter)}${adapter.software ? ': NOT a GPU, figures mean nothing' : ''}`)
console.log(
  `onnxruntime-node ${ort.env.versions.node}, node ${process.version}, ${availableParallelism()} processors`,
)
for (const name of values.models.split(',')) await model(name)
if (values.train) {
  execFileSync(process.execPath, ['dist/train/gradients.js', 'webgpu'], { stdio: 'inherit' })
  for (const what of values.train.split(',')) training(...(what.split(':') as Training))
}

async function model(name: string): Promise<void> {
  const manifest = JSON.parse(readFileSync(`models/${name}/manifest.json`, 'utf8'))
  const onnx = readFileSync(`models/${name}/model.onnx`)
  const { size } = manifest.preprocess as { size: number }
  const [gpu, cpu] = await Promise.all([open(onnx, 'webgpu'), open(onnx, 'cpu')])
  const pace = new Map<number, number>()
  for (const rows of batches) {
    const image = pictures(rows, size)
    const [got, wanted] = [await gpu.run({ image }), await cpu.run({ image })]
    for (const [output, { data }] of Object.entries(wanted)) {
      const apart = difference(got[output]!.data as Float32Array, data as Float32Array)
      console.log(
        `${name} batch ${rows} ${output}: ${apart.toExponential(1)} from the CPU${apart <= 1e-4 ? '' : '  ABOVE 1e-4'}`,
      )
      if (!(apart <= 1e-4)) process.exitCode = 1
    }
    const perSecond = await paceOf(() => gpu.run({ image }, OUTPUTS), rows)
    pace.set(rows, perSecond)
    console.log(`${name} batch ${rows}: ${perSecond.toFixed(1)} rows a second with four maps`)
  }
  if (name === 'detl-128') await beside(pace, size)
  await Promise.all([gpu.release(), cpu.release()])
  const most = Math.min(256, Math.max(...batches))
  const served = await servedPace(name, preprocessId(manifest.preprocess), size, most)
  const bare = pace.get(most)!
  console.log(
    `${name} served, batches to ${most}: ${served.toFixed(1)} rows a second, ${(served / bare).toFixed(2)} of the bare loop`,
  )
}

type Training = [architecture: string, size: string, batch: string]

/** A step of training (forward, backward, Adam) by tfjs's WebGPU backend, and by PyTorch on the same card. */
function training(...what: Training): void {
  const steps = String(runs)
  const ours = lastNumber(process.execPath, ['dist/train/step.js', 'webgpu', ...what, steps])
  const step = `training ${what[0]} ${what[1]} batch ${what[2]}`
  console.log(`${step}: ${ours.toFixed(1)} images a second on WebGPU`)
  if (!torchWithCuda()) {
    console.log('PyTorch: not measured, python3 has no torch with CUDA')
    return
  }
  const theirs = lastNumber('python3', ['dist/torch_step.py', ...what, steps, 'cuda'])
  console.log(
    `${step}: PyTorch eager ${theirs.toFixed(1)} images a second; ours ÷ theirs ${(ours / theirs).toFixed(2)}`,
  )
}

function lastNumber(command: string, args: readonly string[]): number {
  const said = execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  const value = Number(said.trim().split('\n').at(-1))
  if (!(value > 0)) throw new Error(`${command} ${args.join(' ')} printed no pace: ${said}`)
  return value
}

function torchWithCuda(): boolean {
  return spawnSync('python3', ['-c', 'import torch; assert torch.cuda.is_available()']).status === 0
}

function open(onnx: Uint8Array, provider: string): Promise<ort.InferenceSession> {
  return ort.InferenceSession.create(onnx, { executionProviders: [provider], logSeverityLevel: 4 })
}

function pictures(rows: number, size: number): ort.Tensor {
  return new ort.Tensor('uint8', fillPicture(new Uint8Array(rows * size * size), size * size), [
    rows,
    1,
    size,
    size,
  ])
}

/** Largest difference, relative to the larger of 1 and the largest value. */
function difference(got: Float32Array, wanted: Float32Array): number {
  const largest = wanted.reduce((most, v) => Math.max(most, Math.abs(v)), 1)
  return wanted.reduce((worst, v, i) => {
    const apart = Math.abs(v - got[i]!) / largest
    return apart <= worst ? worst : apart
  }, 0)
}

/** The median of the runs, after one that is not counted. */
async function paceOf(run: () => Promise<unknown>, rows: number): Promise<number> {
  await run()
  const ms: number[] = []
  for (let i = 0; i < runs; i++) {
    const begin = performance.now()
    await run()
    ms.push(performance.now() - begin)
  }
  return (rows * 1000) / ms.sort((a, b) => a - b)[Math.floor(runs / 2)]!
}

/** PyTorch on the same card, the same network: forward and Grad-CAM of four classes by autograd. */
async function beside(pace: ReadonlyMap<number, number>, size: number): Promise<void> {
  if (!torchWithCuda()) return console.log('PyTorch: not measured, python3 has no torch with CUDA')
  for (const mode of ['eager', 'compile']) {
    const child = spawn('python3', ['dist/reference.py', String(size), '4', 'cuda', mode], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const lines = createInterface({ input: child.stdout })
    for (const [rows, ours] of pace) {
      const line = once(lines, 'line') as Promise<[string]>
      child.stdin.write(`cam ${rows} ${runs + 5}\n`)
      const ms = (JSON.parse((await line)[0]) as number[]).slice(5).sort((a, b) => a - b)
      const theirs = (rows * 1000) / ms[Math.floor(ms.length / 2)]!
      console.log(
        `PyTorch ${mode} batch ${rows}: ${theirs.toFixed(1)} rows a second; ours ÷ theirs ${(ours / theirs).toFixed(2)}`,
      )
    }
    child.stdin.end()
    await once(child, 'exit')
  }
}

/** Rows a second of the server at saturation: single rows of many callers, joined by the server. */
async function servedPace(name: string, preprocess: string, size: number, maxBatch: number): Promise<number> {
  const port = await freePort()
  const server = spawn(process.execPath, ['dist/main.js', '--port', String(port), '--provider', 'webgpu'], {
    env: {
      ...process.env,
      DETL_AUTH: 'none',
      DETL_MAX_BATCH: String(maxBatch),
      DETL_BATCH_JOIN: 'always',
      DETL_MAX_QUEUE: '4096',
      DETL_MAX_WAIT_MS: '600000',
      LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const url = `http://127.0.0.1:${port}/v2`
  try {
    while (
      !(await fetch(`${url}/health/ready`).then(
        (r) => r.ok,
        () => false,
      ))
    ) {
      if (server.exitCode !== null) throw new Error('the server ended before it was ready')
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    const data = fillPicture(new Uint8Array(size * size), size * size)
    const { body, headerLength } = encodeInferRequest({
      inputs: [{ name: 'image', shape: [1, 1, size, size], datatype: 'UINT8', data }],
      outputs: OUTPUTS,
      parameters: { preprocess },
    })
    const headers = { 'content-type': 'application/octet-stream', [HEADER_LENGTH]: String(headerLength) }
    let left = runs * maxBatch
    const total = left
    const caller = async () => {
      while (left-- > 0) {
        const response = await fetch(`${url}/models/${name}/infer`, { method: 'POST', headers, body })
        if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`)
        await response.arrayBuffer()
      }
    }
    const begin = performance.now()
    await Promise.all(Array.from({ length: 3 * maxBatch }, caller))
    return (total * 1000) / (performance.now() - begin)
  } finally {
    server.kill('SIGTERM')
    await once(server, 'exit')
  }
}
