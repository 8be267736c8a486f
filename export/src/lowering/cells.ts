import type { Layer } from '../layers/model.ts'
import type { Value } from '../onnx/ir.ts'
import { transpose } from '../onnx/tensor.ts'
import { paddingOf } from '../pieces/padding.ts'
import type { Cell } from './cell.ts'
import {
  activate,
  type Context,
  cellOf,
  type Family,
  inChannelsFirst,
  isChannelsFirst,
  type Row,
  sizeAt,
  unsupported,
  weightOf,
} from './context.ts'

/** What gates are put through where a file does not say. */
const gateOf = (layer: Layer): string => (layer.keras === 3 ? 'sigmoid' : 'hard_sigmoid')

/** Gates along the last axis: [N, n·H] → n values [N,H]. */
const gates = (context: Context, value: Value, count: number, units: number): Value[] =>
  context.g.multi(
    'Split',
    [value],
    { axis: value.shape.length - 1, split: new Array<number>(count).fill(units) },
    count,
  )

/** Weights are made once and used in every step. */
function dense(layer: Layer, context: Context, count: number) {
  const { g } = context
  const units = layer.config.number('units')
  let made: { kernel: Value; recurrent: Value; bias: Value | undefined } | undefined
  const weights = (x: Value) => {
    made ??= {
      kernel: g.constant(
        weightOf(layer, context, 'kernel', 0, [sizeAt(layer, x, -1), count * units]),
        'kernel',
      ),
      recurrent: g.constant(
        weightOf(layer, context, 'recurrent_kernel', 1, [units, count * units]),
        'recurrent_kernel',
      ),
      bias: layer.config.bool('use_bias', true)
        ? g.constant(weightOf(layer, context, 'bias', 2, [count * units]), 'bias')
        : undefined,
    }
    return made
  }
  const fromInput = (x: Value): Value => {
    const { kernel, bias } = weights(x)
    const product = g.op('MatMul', [x, kernel])
    return bias ? g.op('Add', [product, bias]) : product
  }
  return { units, weights, fromInput }
}

function simpleCell(layer: Layer, context: Context): Cell {
  const { units, weights, fromInput } = dense(layer, context, 1)
  return {
    stateShapes: () => [[units]],
    step: (x, [h]) => {
      const { g } = context
      const sum = g.op('Add', [fromInput(x), g.op('MatMul', [h!, weights(x).recurrent])])
      const output = activate(layer, sum, context, 'activation', 'tanh')
      return { output, states: [output] }
    },
  }
}

function gruCell(layer: Layer, context: Context): Cell {
  const { g } = context
  const { units, weights, fromInput } = dense(layer, context, 3)
  if (layer.config.bool('reset_after', false))
    unsupported(layer, 'reset_after is true', 'false, where a GRU is unrolled')
  return {
    stateShapes: () => [[units]],
    step: (x, [h]) => {
      const [xz, xr, xh] = gates(context, fromInput(x), 3, units)
      const kernel = weights(x).recurrent
      const slice = (from: number, to: number) =>
        g.op('Slice', [kernel], { starts: [from * units], ends: [to * units], axes: [1] })
      const [hz, hr] = gates(context, g.op('MatMul', [h!, slice(0, 2)]), 2, units)
      const z = activate(layer, g.op('Add', [xz!, hz!]), context, 'recurrent_activation', gateOf(layer))
      const r = activate(layer, g.op('Add', [xr!, hr!]), context, 'recurrent_activation', gateOf(layer))
      const inner = g.op('MatMul', [g.op('Mul', [r, h!]), slice(2, 3)])
      const candidate = activate(layer, g.op('Add', [xh!, inner]), context, 'activation', 'tanh')
      const kept = g.op('Mul', [z, h!])
      const output = g.op('Add', [kept, g.op('Mul', [g.op('Sub', [g.number(1), z]), candidate])])
      return { output, states: [output] }
    },
  }
}

/** c′ = f c + i g, h′ = o a(c′), from the four gates before their activations. */
function lstmStep(layer: Layer, context: Context, [i, f, c, o]: readonly Value[], carry: Value) {
  const { g } = context
  const gate = (value: Value) => activate(layer, value, context, 'recurrent_activation', gateOf(layer))
  const inner = (value: Value) => activate(layer, value, context, 'activation', 'tanh')
  const next = g.op('Add', [g.op('Mul', [gate(f!), carry]), g.op('Mul', [gate(i!), inner(c!)])])
  const output = g.op('Mul', [gate(o!), inner(next)])
  return { output, states: [output, next] }
}

function lstmCell(layer: Layer, context: Context): Cell {
  const { units, weights, fromInput } = dense(layer, context, 4)
  return {
    stateShapes: () => [[units], [units]],
    step: (x, [h, c]) => {
      const { g } = context
      const sum = g.op('Add', [fromInput(x), g.op('MatMul', [h!, weights(x).recurrent])])
      return lstmStep(layer, context, gates(context, sum, 4, units), c!)
    },
  }
}

/** Shi et al. 2015, without the peepholes, as Keras: convolutions in place of the products. */
function convLstmCell(layer: Layer, context: Context): Cell {
  const { g } = context
  const { config } = layer
  const kernel = config.perAxis('kernel_size', 2, 1)
  const strides = config.perAxis('strides', 2, 1)
  const dilations = config.perAxis('dilation_rate', 2, 1)
  const padding = config.choice('padding', ['valid', 'same'], 'valid')
  const filters = config.number('filters')
  const first = isChannelsFirst(layer)
  let made: { input: Value; recurrent: Value; bias: Value | undefined } | undefined
  const weights = (x: Value) => {
    const oihw = (name: string, index: number, channels: number) =>
      g.constant(
        transpose(weightOf(layer, context, name, index, [...kernel, channels, 4 * filters]), [3, 2, 0, 1]),
        name,
      )
    made ??= {
      input: oihw('kernel', 0, sizeAt(layer, x, first ? 1 : -1)),
      recurrent: oihw('recurrent_kernel', 1, filters),
      bias: config.bool('use_bias', true)
        ? g.constant(weightOf(layer, context, 'bias', 2, [4 * filters]), 'bias')
        : undefined,
    }
    return made
  }
  const fromInput = (x: Value): Value =>
    inChannelsFirst(layer, x, context, (nchw) =>
      g.op('Conv', [nchw, weights(x).input, weights(x).bias], {
        kernel_shape: kernel,
        strides,
        dilations,
        ...paddingOf(nchw, padding, kernel, strides, dilations),
      }),
    )
  return {
    stateShapes: (x) => {
      const shape = fromInput(x).shape
      const [rows, columns] = (first ? shape.slice(2) : shape.slice(1, 3)) as [number, number]
      const state = first ? [filters, rows, columns] : [rows, columns, filters]
      return [state, state]
    },
    step: (x, [h, c]) => {
      const ones = [1, 1]
      const fromState = inChannelsFirst(layer, h!, context, (nchw) =>
        g.op('Conv', [nchw, weights(x).recurrent], {
          kernel_shape: kernel,
          ...paddingOf(nchw, 'same', kernel, ones, ones),
        }),
      )
      const sum = g.op('Add', [fromInput(x), fromState])
      const split = g.multi(
        'Split',
        [sum],
        { axis: first ? 1 : 3, split: new Array<number>(4).fill(filters) },
        4,
      )
      return lstmStep(layer, context, split, c!)
    },
  }
}

/** Cells on top of each other; states are handed over last cell first, as tfjs does. */
function stackedCells(layer: Layer, context: Context): Cell {
  const cells = (layer.inner ?? []).map((cell, i) =>
    cellOf({ ...cell, path: [...layer.path, `RNNCell_${i}`] }, context),
  )
  return {
    stateShapes: (x) =>
      cells
        .map((cell) => cell.stateShapes(x))
        .reverse()
        .flat(),
    step: (x, states) => {
      const counts = cells.map((cell) => cell.stateShapes(x).length).reverse()
      const nested = counts.map((count, i) => {
        const start = counts.slice(0, i).reduce((a, b) => a + b, 0)
        return states.slice(start, start + count)
      })
      nested.reverse()
      let output = x
      const next = cells.map((cell, i) => {
        const result = cell.step(output, nested[i]!)
        output = result.output
        return result.states
      })
      return { output, states: next.reverse().flat() }
    },
  }
}

const own: Row['lower'] = (layer) => unsupported(layer, 'a cell on its own', 'cells inside RNN')
const row = (cell: NonNullable<Row['cell']>): Row => ({ lower: own, cell, notes: 'inside RNN' })

export const cellLayers: Family = {
  title: 'Cells of recurrent layers',
  rows: {
    SimpleRNNCell: row(simpleCell),
    GRUCell: row(gruCell),
    LSTMCell: row(lstmCell),
    StackedRNNCells: row(stackedCells),
    ConvLSTM2DCell: row(convLstmCell),
  },
}
