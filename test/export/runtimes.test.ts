import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type ConvertOptions, convert, OPSETS } from '@detl/export/convert'
import { readModelArtifacts } from '@detl/export/layers/read'
import { readGraphArtifacts } from '@detl/export/nodes/read'
import { OPERATIONS } from '@detl/export/onnx/table'
import * as web from 'onnxruntime-web/wasm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RuntimeCase, RuntimeResult } from '../support/runtime-child.ts'
import { bytesOf, detl12, difference, sourceOf } from './harness.ts'
import { artifactsOf } from './node-cases/case.ts'
import { elementCases } from './node-cases/elements.ts'
import { imageCases } from './node-cases/images.ts'
import { tensorCases } from './node-cases/tensors.ts'
import { complaintsOf, newCheckerMissing } from './onnx-checker.ts'
import { noise, SAMPLES, sampleFile, valuesOf } from './operation-samples.ts'
import { quantisedArtifacts } from './quantised-model.ts'
import { fetchPackage } from './third-party.ts'

/** The oldest ONNX Runtime that files are for, and the newest operation set that it knows. */
const OLDEST = { version: '1.17.0', opset: 20 } as const
const opsets = Array.from({ length: OPSETS.newest - OPSETS.oldest + 1 }, (_, i) => OPSETS.oldest + i)
const folder = mkdtempSync(join(tmpdir(), 'detl-runtimes-'))

/** A package of that version beside the one that it needs; undefined where the registry cannot be reached. */
function oldRuntime(): string | undefined {
  const home = fetchPackage('onnxruntime-node', OLDEST.version)
  const common = fetchPackage('onnxruntime-common', OLDEST.version)
  if (!home || !common) return undefined
  const link = join(home, 'node_modules/onnxruntime-common')
  mkdirSync(dirname(link), { recursive: true })
  if (!existsSync(link)) symlinkSync(common, link)
  return home
}
const old = oldRuntime()

type Feeds = RuntimeCase['feeds']
interface Case {
  readonly title: string
  readonly file: (opset: number) => Uint8Array
  readonly feeds: Feeds
}
const floats = (dims: readonly number[], value = noise): Feeds[number] => ({
  type: 'float32',
  dims: [...dims],
  data: [...valuesOf(dims, value)],
})

/** Each operation that the exporter emits, its gradient, and TensorFlow's operations in files of their own. */
function small(): Case[] {
  const operations = Object.entries(SAMPLES).flatMap(([op, sample]) =>
    [false, true]
      .filter((gradient) => !gradient || OPERATIONS[op.split(' ')[0]!]?.gradient)
      .map((gradient) => ({
        title: `${gradient ? 'gradient of ' : ''}${op}`,
        file: (opset: number) => sampleFile(op, sample, gradient, opset),
        feeds: [floats(sample.shape, sample.value)],
      })),
  )
  const nodes = [...imageCases, ...elementCases, ...tensorCases].map((one) => ({
    title: `TensorFlow's ${one.op} ${one.title}`.trim(),
    file: (opset: number) => bytesOf(convert(readGraphArtifacts(artifactsOf(one)), { opset })),
    feeds: one.inputs.flatMap((input) =>
      'constant' in input
        ? []
        : [
            {
              type: input.dtype,
              dims: [...input.shape],
              data: [...valuesOf(input.shape, (i) => input.value(i))],
            },
          ],
    ),
  }))
  return [...operations, ...nodes]
}

/** The paper's network with maps, its weights in every form. */
async function networks(): Promise<Case[]> {
  const model = detl12(64)
  const plain = await sourceOf(model)
  const stored = await quantisedArtifacts(model, 'uint8')
  const quantised = readModelArtifacts(stored as Parameters<typeof readModelArtifacts>[0])
  const feeds = [floats([2, 64, 64, 1])]
  const made = (title: string, source: typeof plain, options: ConvertOptions): Case => ({
    title,
    file: (opset) => bytesOf(convert(source, { ...options, opset })),
    feeds,
  })
  return [
    made('the paper’s network with Grad-CAM', plain, { cam: {} }),
    made('the same in half precision', plain, { cam: { method: 'gradcam++' }, dtype: 'fp16' }),
    made('the same with weights kept in 8 bits', quantised, { cam: {}, keepQuantized: 'fold' }),
    made('the same behind DequantizeLinear', quantised, { cam: {}, keepQuantized: 'dequantize' }),
  ]
}

/** Runs files on the onnxruntime-node of a folder. */
async function onRuntime(home: string, cases: readonly RuntimeCase[]): Promise<Map<string, RuntimeResult>> {
  const list = join(folder, 'cases.json')
  writeFileSync(list, JSON.stringify(cases))
  const child = fileURLToPath(new URL('../support/runtime-child.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [child, home, list], { maxBuffer: 2 ** 28 })
  const lines = stdout.split('\n').filter((line) => line.startsWith('result '))
  const results = lines.map((line) => JSON.parse(line.slice('result '.length)) as RuntimeResult)
  return new Map(results.map((result) => [result.name, result]))
}

async function onWeb({ model, feeds, name }: RuntimeCase): Promise<RuntimeResult> {
  const session = await web.InferenceSession.create(readFileSync(model), { logSeverityLevel: 4 })
  const inputs = feeds.map(({ type, dims, data }, i) => {
    const values =
      type === 'float32'
        ? Float32Array.from(data)
        : type === 'int32'
          ? Int32Array.from(data)
          : Uint8Array.from(data)
    return [session.inputNames[i]!, new web.Tensor(type, values as Float32Array, dims)] as const
  })
  const outputs = await session.run(Object.fromEntries(inputs))
  await session.release()
  const numbers = Object.entries(outputs).map(([key, { data }]) => [
    key,
    Array.from(data as Float32Array, Number),
  ])
  return { name, outputs: Object.fromEntries(numbers) as Record<string, number[]> }
}

/** What is wrong with a result, beside what the newest ONNX Runtime makes of operation set 17; '' where nothing is. */
function complaint(result: RuntimeResult | undefined, expected: RuntimeResult): string {
  if (!result) return 'there is no result'
  if ('failed' in result) return result.failed
  if ('failed' in expected) return expected.failed
  const apart = Object.entries(expected.outputs).map(([name, wanted]) => {
    const { absolute, relative } = difference(result.outputs[name] ?? [], wanted)
    return Math.min(absolute, relative)
  })
  const worst = Math.max(...apart)
  return worst <= 1e-4 ? '' : `off by ${worst}`
}

describe('files of every operation set', () => {
  let cases: RuntimeCase[]
  let expected: Map<string, RuntimeResult>
  const at = (name: string) => expected.get(name.replace(/\|.*$/, `|${OPSETS.oldest}`))!
  const opsetOf = ({ name }: RuntimeCase) => Number(name.split('|')[1])
  const wrongOf = (
    results: readonly (RuntimeResult | undefined)[],
    asked: readonly RuntimeCase[],
  ): string[] =>
    asked.flatMap(({ name }, i) => {
      const wrong = complaint(results[i], at(name))
      return wrong ? [`${name}: ${wrong}`] : []
    })

  beforeAll(async () => {
    const all = [...small(), ...(await networks())]
    cases = opsets.flatMap((opset) =>
      all.map(({ title, file, feeds }, i) => {
        const model = join(folder, `${i}-${opset}.onnx`)
        writeFileSync(model, file(opset))
        return { name: `${i}: ${title}|${opset}`, model, feeds }
      }),
    )
    expected = await onRuntime(createRequire(import.meta.url).resolve('onnxruntime-node'), cases)
  }, 120_000)
  afterAll(() => rmSync(folder, { recursive: true }))

  it('give the same in the newest onnxruntime-node', () => {
    expect(
      wrongOf(
        cases.map(({ name }) => expected.get(name)),
        cases,
      ),
    ).toEqual([])
  })

  it('give the same in onnxruntime-web', async () => {
    const asked = cases.filter((one) => opsetOf(one) === OPSETS.oldest || opsetOf(one) === OPSETS.newest)
    const results: RuntimeResult[] = []
    for (const one of asked) results.push(await onWeb(one))
    expect(wrongOf(results, asked)).toEqual([])
  })

  it.skipIf(!old)(
    `give the same in onnxruntime-node ${OLDEST.version} up to operation set ${OLDEST.opset}, and are refused by it above${old ? '' : ': the npm registry cannot be reached'}`,
    { timeout: 120_000 },
    async () => {
      const results = await onRuntime(old!, cases)
      const known = cases.filter((one) => opsetOf(one) <= OLDEST.opset)
      expect(
        wrongOf(
          known.map(({ name }) => results.get(name)),
          known,
        ),
      ).toEqual([])
      for (const one of cases.filter((other) => opsetOf(other) > OLDEST.opset))
        expect(results.get(one.name)).toMatchObject({ failed: expect.stringMatching(/IR version|opset/i) })
    },
  )

  it.skipIf(newCheckerMissing)(
    `are legal for onnx.checker, full check and strict shape inference${newCheckerMissing ? `: ${newCheckerMissing}` : ''}`,
    { timeout: 120_000 },
    async () => {
      expect(await complaintsOf(cases.map(({ model, name }) => ({ model, name })))).toEqual({})
    },
  )
})
