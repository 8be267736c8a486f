import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ModelArtifacts } from '@detl/export/files/model-file'
import { sizeOf } from '@detl/export/onnx/tensor'
import type { io } from '@tensorflow/tfjs-core'

type Type = 'float32' | 'int32' | 'bool'

/** A value that is given when the graph runs; its first size is free in the file. */
export interface Given {
  readonly shape: readonly number[]
  readonly dtype: Type
  readonly value: (i: number) => number
  /** Whether the file names all of its sizes. */
  readonly fixed: boolean
}

/** A value that is in the file. */
export interface Constant {
  readonly constant: readonly number[]
  readonly shape: readonly number[]
  readonly dtype: Type
}

/** One use of an operation: its inputs in their order, its attributes, and how many outputs it has. */
export interface NodeCase {
  readonly op: string
  readonly title: string
  readonly inputs: readonly (Given | Constant)[]
  readonly attr: Readonly<Record<string, object>>
  readonly outputs: number
}

/** Noise in (-2,2) without ties. */
export const noise = (i: number): number => 1.9 * Math.sin(i * 12.9898 + 1) + (i % 7) * 1e-3
export const positive = (i: number): number => 0.2 + Math.abs(noise(i))
/** In (-1,1). */
export const small = (i: number): number => noise(i) / 2

export const given = (
  shape: readonly number[],
  value: Given['value'] = noise,
  dtype: Type = 'float32',
): Given => ({ shape, value, dtype, fixed: false })
export const fixed = (
  shape: readonly number[],
  value: Given['value'] = noise,
  dtype: Type = 'float32',
): Given => ({ shape, value, dtype, fixed: true })
export const whole = (shape: readonly number[], below: number): Given =>
  given(shape, (i) => (i * 7) % below, 'int32')
export const truth = (shape: readonly number[]): Given =>
  given(shape, (i) => ((i * 5) % 3 > 0 ? 1 : 0), 'bool')

/** Weights: noise of another phase. */
export const weights = (shape: readonly number[], value: Given['value'] = noise): Constant => ({
  constant: Array.from({ length: sizeOf(shape) }, (_, i) => value(i + 31)),
  shape,
  dtype: 'float32',
})
export const ints = (values: readonly number[], shape = [values.length]): Constant => ({
  constant: values,
  shape,
  dtype: 'int32',
})
export const integer = (value: number): Constant => ints([value], [])
export const number = (value: number): Constant => ({ constant: [value], shape: [], dtype: 'float32' })

export const list = (values: readonly number[]): object => ({ list: { i: values.map(String) } })
export const text = (value: string): object => ({ s: Buffer.from(value).toString('base64') })
export const texts = (...values: readonly string[]): object => ({
  list: { s: values.map((value) => Buffer.from(value).toString('base64')) },
})
export const int = (value: number): object => ({ i: String(value) })
export const float = (value: number): object => ({ f: value })
export const yes: object = { b: true }
export const type = (name: 'DT_FLOAT' | 'DT_INT32' | 'DT_BOOL'): object => ({ type: name })

export const one = (
  op: string,
  inputs: readonly (Given | Constant)[],
  attr: Readonly<Record<string, object>> = {},
  more: { readonly title?: string; readonly outputs?: number } = {},
): NodeCase => ({ op, inputs, attr, title: more.title ?? '', outputs: more.outputs ?? 1 })

const TYPES = { float32: 'DT_FLOAT', int32: 'DT_INT32', bool: 'DT_BOOL' } as const
const dims = (shape: readonly (number | null)[]) => ({
  dim: shape.map((d) => ({ size: String(d ?? -1) })),
})

/** A node as tfjs-converter writes it. */
export interface NodeJson {
  readonly name: string
  readonly op: string
  readonly input: readonly string[]
  readonly attr?: Readonly<Record<string, object>>
}

export interface GraphParts {
  /** Placeholders, with null for free sizes. */
  readonly inputs: Readonly<
    Record<string, { readonly shape: readonly (number | null)[]; readonly dtype: Type }>
  >
  readonly constants: Readonly<Record<string, Constant>>
  readonly nodes: readonly NodeJson[]
  /** Names of nodes. */
  readonly outputs: readonly string[]
}

const bytesOf = ({ constant, dtype }: Constant): Uint8Array =>
  dtype === 'float32'
    ? new Uint8Array(Float32Array.from(constant).buffer)
    : dtype === 'int32'
      ? new Uint8Array(Int32Array.from(constant).buffer)
      : Uint8Array.from(constant)

const signatureOf = (names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, { name: `${name}:0` }]))

/** A graph as tfjs-converter writes it and `io.fromMemory` takes it. */
export function graphArtifacts({
  inputs,
  constants,
  nodes,
  outputs,
}: GraphParts): ModelArtifacts & io.ModelArtifacts {
  const placeholders = Object.entries(inputs).map(([name, { shape, dtype }]) => ({
    name,
    op: 'Placeholder',
    attr: { dtype: { type: TYPES[dtype] }, shape: { shape: dims(shape) } },
  }))
  const consts = Object.entries(constants).map(([name, { dtype }]) => ({
    name,
    op: 'Const',
    attr: { dtype: { type: TYPES[dtype] } },
  }))
  return {
    modelTopology: {
      // tfjs writes into the attributes that it is given.
      node: [...placeholders, ...consts, ...nodes.map((node) => ({ attr: {}, ...node }))],
      versions: { producer: 1, minConsumer: 1 },
    },
    weightSpecs: Object.entries(constants).map(([name, { shape, dtype }]) => ({
      name,
      shape: [...shape],
      dtype,
    })),
    weightData: new Uint8Array(Buffer.concat(Object.values(constants).map(bytesOf))).buffer,
    format: 'graph-model',
    signature: { inputs: signatureOf(Object.keys(inputs)), outputs: signatureOf(outputs) },
  }
}

/** A graph in a folder, as a user has it. */
export function savedGraph(parts: GraphParts): string {
  const { modelTopology, weightSpecs, weightData, signature } = graphArtifacts(parts)
  const folder = mkdtempSync(join(tmpdir(), 'detl-graph-'))
  writeFileSync(join(folder, 'weights.bin'), new Uint8Array(weightData as ArrayBuffer))
  const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }]
  writeFileSync(
    join(folder, 'model.json'),
    JSON.stringify({ format: 'graph-model', modelTopology, signature, weightsManifest }),
  )
  return folder
}

/** The graph of a case: placeholders, constants, the operation, and an Identity for each output. */
export function artifactsOf({ op, inputs, attr, outputs }: NodeCase): ModelArtifacts & io.ModelArtifacts {
  const named = inputs.map((input, i) => [`${'constant' in input ? 'c' : 'x'}${i}`, input] as const)
  const results = Array.from({ length: outputs }, (_, i) => ({
    name: `out${i}`,
    op: 'Identity',
    input: [i === 0 ? 'node' : `node:${i}`],
  }))
  return graphArtifacts({
    inputs: Object.fromEntries(
      named.flatMap(([name, input]) =>
        'constant' in input
          ? []
          : [
              [
                name,
                { dtype: input.dtype, shape: input.fixed ? input.shape : [null, ...input.shape.slice(1)] },
              ],
            ],
      ),
    ),
    constants: Object.fromEntries(
      named.flatMap(([name, input]) => ('constant' in input ? [[name, input]] : [])),
    ),
    nodes: [{ name: 'node', op, input: named.map(([name]) => name), attr }, ...results],
    outputs: results.map(({ name }) => name),
  })
}
