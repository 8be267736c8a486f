import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { difference } from '../test/export/harness.ts'
import { fileNamed, realInput } from '../test/export/real-files.ts'
import { tfjsAnswers } from '../test/export/tfjs-answers.ts'
import type { Figure } from './run.ts'
import { type Conversion, ours, pythonWithTf2onnx, theirs, writeKerasModel } from './tf2onnx/peer.ts'

const RUNS = 3
type Made = Exclude<Conversion, { refused: string }>

/** One network for both: our file, theirs, and what tfjs or Keras makes of an input. */
interface Network {
  readonly name: string
  readonly kind: '--tfjs' | '--keras'
  readonly model: string
  readonly ours: string
  readonly x: Float32Array
  readonly shape: readonly number[]
  readonly expected: readonly Float32Array[]
}

async function graph(file: string, shape: readonly number[]): Promise<Network> {
  const path = fileNamed(file).path()
  if (!path) throw new Error('the npm registry cannot be reached, where the networks come from')
  const x = await realInput(shape, false)
  const expected = await tfjsAnswers(path, tf.tensor(x, [...shape]))
  const model = path.endsWith('.json') ? path : join(path, 'model.json')
  return { name: file, kind: '--tfjs', model, ours: model, x, shape, expected }
}

function keras(python: string, folder: string): Network {
  writeKerasModel(python, folder)
  const floats = (name: string) => new Float32Array(new Uint8Array(readFileSync(join(folder, name))).buffer)
  return {
    name: 'MobileNetV2 of Keras',
    kind: '--keras',
    model: join(folder, 'model.h5'),
    ours: join(folder, 'model.json'),
    x: floats('input.bin'),
    shape: [1, 224, 224, 3],
    expected: [floats('output.bin')],
  }
}

/** Largest difference of any output, relative to the larger of 1 and its largest value; tf2onnx orders outputs its own way. */
async function worst(file: string, { x, shape, expected }: Network): Promise<number> {
  const session = await InferenceSession.create(file, { logSeverityLevel: 3 })
  const outputs = Object.values(
    await session.run({ [session.inputNames[0]!]: new Tensor('float32', x, shape) }),
  )
  await session.release()
  const each = expected.map((wanted) =>
    Math.min(
      ...outputs
        .filter(({ size }) => size === wanted.length)
        .map(({ data }) => {
          const { absolute, relative } = difference(data as Float32Array, wanted)
          return Math.min(absolute, relative)
        }),
    ),
  )
  return Math.max(...each)
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!
const range = (values: readonly number[]): number => Math.max(...values) - Math.min(...values)
const show = (made: Conversion): string =>
  'refused' in made
    ? `refused: ${made.refused}`
    : `${made.seconds.toFixed(1)} s, ${made.peak.toFixed(0)} MB, file ${made.megabytes.toFixed(1)} MB`

interface Pair {
  readonly seconds: number[]
  readonly memory: number[]
  readonly bytes: number
  readonly differences: readonly [number, number]
}

/** Both in turn; undefined where one of them refuses. */
async function beside(python: string, folder: string, network: Network): Promise<Pair | undefined> {
  const runs: [Made, Made][] = []
  for (let run = 0; run < RUNS; run++) {
    const mine = ours(network.ours, join(folder, 'ours.onnx'))
    const peer = theirs(python, network.kind, network.model, join(folder, 'theirs.onnx'))
    console.error(`${network.name}: ours ${show(mine)}; tf2onnx ${show(peer)}`)
    if ('refused' in mine || 'refused' in peer) return undefined
    runs.push([mine, peer])
  }
  const differences = [
    await worst(runs[0]![0].file, network),
    await worst(runs[0]![1].file, network),
  ] as const
  console.error(
    `${network.name}: largest difference ours ${differences[0].toExponential(0)}, tf2onnx ${differences[1].toExponential(0)}`,
  )
  return {
    seconds: runs.map(([mine, peer]) => mine.seconds / peer.seconds),
    memory: runs.map(([mine, peer]) => mine.peak / peer.peak),
    bytes: runs[0]![0].megabytes / runs[0]![1].megabytes,
    differences,
  }
}

/** `detl convert` and tf2onnx on the same networks, each run in a process of its own: a whole command each. */
export default async function tf2onnx(): Promise<Record<string, Figure>> {
  const python = pythonWithTf2onnx()
  const folder = mkdtempSync(join(tmpdir(), 'detl-bench-'))
  try {
    setWasmPaths(
      fileURLToPath(new URL('../node_modules/@tensorflow/tfjs-backend-wasm/dist/', import.meta.url)),
    )
    await tf.setBackend('wasm')
    const networks = [
      keras(python, folder),
      await graph('faceres.json', [1, 224, 224, 3]),
      await graph('nanodet.json', [1, 3, 416, 416]),
      // Operations that tfjs's converter fuses, weights in 8 bits; and a LayersModel.
      await graph('mobilenet_v2_mid', [1, 224, 224, 3]),
      await graph('mobilenet_v2', [1, 224, 224, 3]),
    ]
    const pairs: Pair[] = []
    for (const network of networks) {
      const pair = await beside(python, folder, network)
      if (pair) pairs.push(pair)
    }
    if (pairs.length === 0) throw new Error('tf2onnx converted none of the networks')
    return figures(pairs)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function figures(pairs: readonly Pair[]): Record<string, Figure> {
  const against = `${pairs.length} networks that both convert, the worse one: detl convert ÷ tf2onnx 1.17.0 with TensorFlow 2.15.1`
  const worse = (of: (pair: Pair) => number[]) => pairs.map(of).sort((a, b) => median(b) - median(a))[0]!
  const figure = (values: readonly number[], what: string): Figure => ({
    value: median(values),
    unit: 'ratio',
    runs: values.length,
    spread: range(values),
    against: `${what} of ${against}`,
  })
  return {
    'export.seconds_vs_tf2onnx': figure(
      worse(({ seconds }) => seconds),
      'time',
    ),
    'export.memory_vs_tf2onnx': figure(
      worse(({ memory }) => memory),
      'peak memory',
    ),
    'export.bytes_vs_tf2onnx': figure([Math.max(...pairs.map(({ bytes }) => bytes))], 'file size'),
    'export.difference_vs_tf2onnx': figure(
      worse(({ differences: [mine, peer] }) => [mine / peer]),
      'largest difference from tfjs or Keras',
    ),
  }
}
