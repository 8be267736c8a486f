import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { conversionOf } from '@detl/export/convert'
import { ConvertError } from '@detl/export/errors'
import { readForTfjs } from '@detl/export/files/handler'
import type { GraphModel } from '@detl/export/nodes/model'
import { readModel } from '@detl/export/read-path'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import { loadGraphModel } from '@tensorflow/tfjs-converter'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bytesOf, difference, type Outputs, runOnnx } from './harness.ts'
import { GRAPHS, LOOPS, photoAtHand, type RealFile, realInput } from './real-graphs.ts'

const README = fileURLToPath(new URL('../../export/README.md', import.meta.url))
const [BEGIN, END] = ['<!-- made by test/export/real-graphs.test.ts -->', '<!-- end -->']
const offline = 'the npm registry cannot be reached'
const reachable = photoAtHand() && [...GRAPHS, ...LOOPS].every(({ path }) => path() !== undefined)

interface Row {
  readonly file: string
  readonly input: string
  readonly operations: number
  readonly explained: string
  readonly difference: number
}
const rows = new Map<string, Row>()
const keyOf = ({ package: name, file }: RealFile) => `${name} ${file}`

async function inputOf({ inputs }: GraphModel, sizes: readonly number[] = []): Promise<tf.Tensor> {
  const [{ shape, dtype }] = inputs as [GraphModel['inputs'][number]]
  const free = [...sizes]
  const full = shape!.map((d, i) => d ?? (i === 0 ? 1 : free.shift()!))
  return tf.tensor(await realInput(full, dtype === 'int32'), full, dtype === 'int32' ? 'int32' : 'float32')
}

/** tfjs on its WebAssembly backend or, where that has not an operation or differs, on its JavaScript one. */
async function fromTfjs(
  path: string,
  source: GraphModel,
  x: tf.Tensor,
  backend: string,
): Promise<tf.Tensor[]> {
  await tf.setBackend(backend)
  const model = await loadGraphModel(readForTfjs(path))
  const feeds = { [source.inputs[0]!.node]: x }
  const names = source.outputs.map(({ from }) => `${from.node}:${from.output}`)
  return [model.execute(feeds, names)].flat()
}

/** Largest difference of all outputs, relative to the larger of 1 and the output's largest value. */
function worstOf(expected: readonly tf.Tensor[], source: GraphModel, outputs: Outputs): number {
  const each = source.outputs.map(({ name }, i) => {
    const got = outputs[name] ?? outputs[`${name}_output`]!
    expect(got.dims).toEqual(expected[i]!.shape)
    const { absolute, relative } = difference(got.data, expected[i]!.dataSync())
    return Math.min(absolute, relative)
  })
  return Math.max(...each)
}

/** The conversion with Grad-CAM where the first output is scores, else without. */
function converted(source: GraphModel, { inputSize }: RealFile) {
  const options = inputSize ? { inputSize } : {}
  try {
    return conversionOf(source, { ...options, cam: {} })
  } catch (error) {
    if (!(error instanceof ConvertError) || error.code !== 'no-gradient') throw error
    return conversionOf(source, options)
  }
}

async function compare(real: RealFile): Promise<Row> {
  const path = real.path()!
  const source = readModel(path) as GraphModel
  const { parts, explained } = converted(source, real)
  await tf.setBackend('wasm')
  const x = await inputOf(source, real.inputSize)
  const outputs = await runOnnx(bytesOf(parts), [x])
  const on = async (backend: string) => worstOf(await fromTfjs(path, source, x, backend), source, outputs)
  const fast = await on('wasm').catch((error: unknown) => {
    if ((error as Error).name === 'AssertionError') throw error
    return Number.POSITIVE_INFINITY
  })
  const worst = fast <= 1e-4 ? fast : await on('cpu')
  return {
    file: `${real.package} \`${real.file}\``,
    input: x.shape.join(' × '),
    operations: new Set(source.nodes.map(({ op }) => op)).size,
    explained: explained?.split('/').slice(-2).join('/') ?? '',
    difference: worst,
  }
}

const magnitude = (x: number): string => (x === 0 ? '0' : x.toExponential(0))

const line = ({ file, input, operations, explained, difference: worst }: Row): string =>
  `| ${file} | ${input} | ${operations} | ${explained && `\`${explained}\``} | ${magnitude(worst)} |`

describe('GraphModels from npm packages', () => {
  beforeAll(async () => {
    setWasmPaths(
      fileURLToPath(new URL('../../node_modules/@tensorflow/tfjs-backend-wasm/dist/', import.meta.url)),
    )
    await tf.setBackend('wasm')
  })
  afterAll(async () => {
    await tf.setBackend('cpu')
  })

  for (const real of GRAPHS)
    it.skipIf(!reachable)(
      `${real.package} ${real.file} agrees with tfjs on a real input${reachable ? '' : `: ${offline}`}`,
      { timeout: 60_000 },
      async () => {
        tf.engine().startScope()
        const row = await compare(real)
        tf.engine().endScope()
        rows.set(keyOf(real), row)
        expect(row.difference).toBeLessThanOrEqual(1e-4)
      },
    )

  for (const real of LOOPS)
    it.skipIf(!reachable)(`${real.package} ${real.file} is refused for its loops`, () => {
      expect(() => conversionOf(readModel(real.path()!))).toThrow(
        /model-unsupported: the GraphModel has control flow \(loops and branches\): .*Enter.*; lists of tensors/,
      )
    })

  it.skipIf(!reachable)('are in the table of export/README.md; UPDATE_TABLE=1 writes it', () => {
    const page = readFileSync(README, 'utf8')
    const [from, to] = [page.indexOf(BEGIN) + BEGIN.length, page.indexOf(END)]
    const head =
      '| file | input | kinds of operations | Grad-CAM explains | largest difference |\n|---|---|---|---|---|'
    const table = [head, ...GRAPHS.map((real) => line(rows.get(keyOf(real))!))].join('\n')
    if (process.env.UPDATE_TABLE) writeFileSync(README, `${page.slice(0, from)}\n${table}\n${page.slice(to)}`)
    // The differences are those of the machine that wrote the table.
    const settled = (text: string) => text.trim().replace(/ [^|]* \|$/gm, '')
    const written = readFileSync(README, 'utf8')
    expect(settled(written.slice(written.indexOf(BEGIN) + BEGIN.length, written.indexOf(END)))).toBe(
      settled(table),
    )
  })
})
