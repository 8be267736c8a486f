import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { fromBinary } from '@bufbuild/protobuf'
import { type Conversion, type ConvertOptions, conversionOf } from '@detl/export/convert'
import { ConvertError } from '@detl/export/errors'
import { networkOf } from '@detl/export/layers/network'
import { readModel } from '@detl/export/read-path'
import { interfaceOf, isGraph, type Source } from '@detl/export/source'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { ModelProtoSchema } from 'onnx-buf'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bytesOf, difference, type Outputs, runOnnx } from './harness.ts'
import { photoAtHand, type RealFile, realInput } from './real-files.ts'
import { tfjsOutputs } from './tfjs-answers.ts'

const README = fileURLToPath(new URL('../../export/README.md', import.meta.url))
const WASM = fileURLToPath(new URL('../../node_modules/@tensorflow/tfjs-backend-wasm/dist/', import.meta.url))
const HEAD = `| file | input | opset | kinds | Grad-CAM explains | refused by name | largest difference |
|---|---|---|---|---|---|---|`
const TOLERANCE = 1e-4

/** What the table says of a file, all but the difference, which depends on the machine. */
interface Row {
  readonly cells: readonly (string | number)[]
  /** Undefined where the file is refused. */
  readonly difference?: number
}

async function inputOf(source: Source, { inputSize, runSize }: RealFile): Promise<tf.Tensor> {
  const [{ shape, dtype }] = interfaceOf(source).inputs as [ReturnType<typeof interfaceOf>['inputs'][number]]
  const free = [...(inputSize ?? runSize ?? [])]
  const full = shape!.map((d, i) => d ?? (i === 0 ? 1 : free.shift()!))
  return tf.tensor(await realInput(full, dtype === 'int32'), full, dtype === 'int32' ? 'int32' : 'float32')
}

/** Largest difference of all outputs, relative to the larger of 1 and the output's largest value. */
function worstOf(expected: readonly tf.Tensor[], source: Source, outputs: Outputs): number {
  const { outputs: own } = interfaceOf(source)
  expect(own).toHaveLength(expected.length)
  return Math.max(
    ...own.map(({ name }, i) => {
      const { dims, data } = outputs[name] ?? outputs[`${name}_output`]!
      expect(dims).toEqual(expected[i]!.shape)
      const { absolute, relative } = difference(data, expected[i]!.dataSync())
      return Math.min(absolute, relative)
    }),
  )
}

/** tfjs on its WebAssembly backend or, where that has not an operation or differs, on its JavaScript one. */
async function fromBest(path: string, source: Source, x: tf.Tensor, outputs: Outputs): Promise<number> {
  const on = async (backend: string) => {
    await tf.setBackend(backend)
    return worstOf(await tfjsOutputs(path, x), source, outputs)
  }
  const fast = await on('wasm').catch((error: unknown) => {
    if ((error as Error).name === 'AssertionError') throw error
    return Number.POSITIVE_INFINITY
  })
  return fast <= TOLERANCE ? fast : on('cpu')
}

/** The conversion with Grad-CAM, or why the converter says that it cannot be had. */
function explaining(source: Source, options: ConvertOptions): Conversion | ConvertError {
  try {
    return conversionOf(source, { ...options, cam: {} })
  } catch (error) {
    if (error instanceof ConvertError && error.code === 'no-gradient') return error
    throw error
  }
}

/**
 * The file's outputs in ONNX Runtime, and the layer that Grad-CAM explains or why none. A file whose axes stay free is converted once
 * more with their sizes for Grad-CAM, which needs them.
 */
async function run(source: Source, { inputSize, runSize, layers }: RealFile, x: tf.Tensor) {
  const options = { ...(inputSize && { inputSize }), ...(layers && { layers }) }
  const cam = explaining(source, runSize ? { ...options, inputSize: runSize } : options)
  const none = cam instanceof ConvertError
  const bytes = bytesOf((none || runSize ? conversionOf(source, options) : cam).parts)
  const outputs = await runOnnx(bytes, [x])
  const opset = Number(fromBinary(ModelProtoSchema, bytes).opsetImport[0]!.version)
  if (none) return { outputs, opset, explained: `none: ${reason(cam)}` }
  const maps = runSize ? await runOnnx(bytesOf(cam.parts), [x]) : outputs
  expect(maps.cam!.dims.slice(0, 2)).toEqual(maps.logits!.dims)
  expect(maps.cam!.data.every((v) => Number.isFinite(v) && v >= 0)).toBe(true)
  const explained = `\`${cam.explained!.split('/').slice(-2).join('/')}\``
  return { outputs, opset, explained: runSize ? `${explained}, with \`--input-size\`` : explained }
}

/** A refusal without its way out, as a cell. */
const reason = ({ detail }: ConvertError): string =>
  detail.split(/: (?=there|give|name)|; (?:name|supported)/)[0]!.replaceAll('|', '\\|')

/** How the converter refuses the file as it is, with nothing of one's own. @throws Error where it does not */
function refusal(source: Source): string {
  try {
    conversionOf(source)
  } catch (error) {
    if (error instanceof ConvertError) return `\`${error.code}\`: ${reason(error)}`
    throw error
  }
  throw new Error('the file is not refused')
}

const kinds = (source: Source): number =>
  new Set(
    isGraph(source) ? source.nodes.map(({ op }) => op) : networkOf(source.model).map((l) => l.className),
  ).size

const title = (real: RealFile): string => `${real.package} \`${real.file}\``

async function compared(real: RealFile): Promise<Row> {
  const path = real.path()!
  const source = readModel(path)
  await tf.setBackend('wasm')
  const x = await inputOf(source, real)
  const { outputs, opset, explained } = await run(source, real, x)
  const refused = real.layers ? `without its lowerings, ${refusal(source)}` : ''
  return {
    cells: [title(real), x.shape.join(' × '), opset, kinds(source), explained, refused],
    difference: await fromBest(path, source, x, outputs),
  }
}

/** A power of ten that the difference does not exceed, from 1e-6 on: the same on most machines. */
const bound = (x: number): number => [1e-6, 1e-5].find((power) => x <= power) ?? TOLERANCE

const line = ({ cells, difference: worst }: Row): string =>
  `| ${[...cells, worst === undefined ? '' : bound(worst).toExponential(0)].join(' | ')} |`

/** What stands between a table's marks in export/README.md. */
function tableIn(page: string, mark: string): { from: number; to: number; text: string } {
  const begin = `<!-- made by test/export/${mark}.test.ts -->`
  const from = page.indexOf(begin) + begin.length
  const to = page.indexOf('<!-- end -->', from)
  return { from, to, text: page.slice(from, to).trim() }
}

/** The last cell of each row, and the rest. */
function split(table: string): { rest: string; bounds: string[] } {
  const bounds: string[] = []
  const rest = table.replace(/ ([^|]*) \|$/gm, (_, last: string) => {
    bounds.push(last)
    return ''
  })
  return { rest, bounds }
}

/**
 * Tests that files of npm packages agree with tfjs or are refused, and that their table in export/README.md says so.
 * @param mark the test file's name, which the table's mark has too
 */
export function holdTable(mark: string, files: readonly RealFile[], refused: readonly RealFile[] = []): void {
  const all = [...files, ...refused]
  const reachable = photoAtHand() && all.every(({ path }) => path() !== undefined)
  const offline = reachable ? '' : ': the npm registry cannot be reached'
  const rows = new Map<string, Row>()

  beforeAll(() => setWasmPaths(WASM))
  afterAll(() => tf.setBackend('cpu'))

  for (const real of files)
    it.skipIf(!reachable)(`${title(real)} agrees with tfjs${offline}`, async () => {
      tf.engine().startScope()
      const row = await compared(real)
      tf.engine().endScope()
      rows.set(title(real), row)
      expect(row.difference).toBeLessThanOrEqual(TOLERANCE)
    })

  for (const real of refused)
    it.skipIf(!reachable)(`${title(real)} is refused${offline}`, () => {
      const source = readModel(real.path()!)
      rows.set(title(real), { cells: [title(real), '', '', kinds(source), '', refusal(source)] })
    })

  it.skipIf(!reachable)('are in the table of export/README.md; UPDATE_TABLE=1 writes it', () => {
    const table = [HEAD, ...all.map((real) => line(rows.get(title(real))!))].join('\n')
    const page = readFileSync(README, 'utf8')
    const { from, to } = tableIn(page, mark)
    if (process.env.UPDATE_TABLE) writeFileSync(README, `${page.slice(0, from)}\n${table}\n${page.slice(to)}`)
    const [written, now] = [split(tableIn(readFileSync(README, 'utf8'), mark).text), split(table)]
    expect(written.rest).toBe(now.rest)
    // Another machine adds in another order: one step of the bounds may lie between, no more.
    for (const [i, real] of files.entries())
      expect(rows.get(title(real))!.difference).toBeLessThanOrEqual(10 * Number(written.bounds[i + 1]))
  })
}
