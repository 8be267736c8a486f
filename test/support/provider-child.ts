/**
 * Runs files on WebGPU and on the CPU, in a process of its own: the driver is chosen by the environment that a process starts with.
 * Arguments: a JSON file with `[{ name, model, feeds: { input: { type, dims, seed } } }]`. Prints one line of JSON a file.
 */
import { readFileSync } from 'node:fs'
import { InferenceSession, Tensor } from 'onnxruntime-node'

export type ProviderCase = {
  readonly name: string
  readonly model: string
  readonly feeds: Readonly<Record<string, { type: 'float32' | 'uint8'; dims: number[]; data: number[] }>>
}
export type ProviderResult = { readonly name: string } & (
  | { readonly apart: Readonly<Record<string, number>> }
  | { readonly failed: 'session' | 'run'; readonly why: string }
)

for (const one of JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as ProviderCase[])
  console.log(`result ${JSON.stringify(await compare(one))}`)

async function compare({ name, model, feeds }: ProviderCase): Promise<ProviderResult> {
  const inputs = Object.fromEntries(
    Object.entries(feeds).map(([input, { type, dims, data }]) => [
      input,
      new Tensor(type, type === 'uint8' ? Uint8Array.from(data) : Float32Array.from(data), dims),
    ]),
  )
  const open = (provider: 'cpu' | 'webgpu') =>
    InferenceSession.create(model, {
      executionProviders: [provider],
      intraOpNumThreads: 1,
      logSeverityLevel: 4,
    })
  const cpu = await (await open('cpu')).run(inputs)
  let stage: 'session' | 'run' = 'session'
  try {
    const session = await open('webgpu')
    stage = 'run'
    const gpu = await session.run(inputs)
    const apart = Object.entries(cpu).map(([output, { data }]) => [
      output,
      largest(data as Float32Array, gpu[output]!.data as Float32Array),
    ])
    return { name, apart: Object.fromEntries(apart) }
  } catch (error) {
    return { name, failed: stage, why: String(error).split('\n')[0]!.slice(0, 200) }
  }
}

/** Largest difference, relative to the larger of 1 and the largest value. */
function largest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let most = 0
  let scale = 1
  for (let i = 0; i < a.length; i++) {
    most = Math.max(most, Math.abs(Number(a[i]) - Number(b[i])))
    scale = Math.max(scale, Math.abs(Number(a[i])))
  }
  return a.length === b.length ? most / scale : Number.POSITIVE_INFINITY
}
