/**
 * Runs files on the onnxruntime-node whose folder is the first argument, in a process of its own: two versions of its library do not live in one.
 * The second argument: a JSON file with cases. Prints one line of JSON a file.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type * as Ort from 'onnxruntime-node'

export type RuntimeCase = {
  readonly name: string
  readonly model: string
  readonly feeds: readonly { type: 'float32' | 'int32' | 'bool'; dims: number[]; data: number[] }[]
}
export type RuntimeResult = { readonly name: string } & (
  | { readonly outputs: Readonly<Record<string, readonly number[]>> }
  | { readonly failed: string }
)

const [, , folder, list] = process.argv
const ort = createRequire(import.meta.url)(folder!) as typeof Ort
for (const one of JSON.parse(readFileSync(list!, 'utf8')) as RuntimeCase[])
  console.log(`result ${JSON.stringify(await run(one))}`)

async function run({ name, model, feeds }: RuntimeCase): Promise<RuntimeResult> {
  try {
    const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1, logSeverityLevel: 4 })
    const inputs = feeds.map(({ type, dims, data }, i) => {
      const values =
        type === 'float32'
          ? Float32Array.from(data)
          : type === 'int32'
            ? Int32Array.from(data)
            : Uint8Array.from(data)
      return [session.inputNames[i]!, new ort.Tensor(type, values as Float32Array, dims)] as const
    })
    const outputs = await session.run(Object.fromEntries(inputs))
    return { name, outputs: numbersOf(outputs) }
  } catch (error) {
    return { name, failed: (error as Error).message }
  }
}

function numbersOf(outputs: Ort.InferenceSession.OnnxValueMapType): Record<string, number[]> {
  return Object.fromEntries(
    Object.entries(outputs).map(([key, { data }]) => [key, Array.from(data as Float32Array, Number)]),
  )
}
