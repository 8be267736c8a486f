import { Config, type Layer } from '../layers/model.ts'
import { type Builder, float, type Tensor, type Value } from '../onnx/ir.ts'
import { float32, reshaped, transpose } from '../onnx/tensor.ts'
import {
  activationName,
  type Context,
  cellOf,
  describe,
  type Family,
  refuseStaleMask,
  rowOf,
  sizeAt,
  unsupported,
  weightOf,
} from './context.ts'
import { unroll } from './unroll.ts'

/** Gates in ONNX's order as indices into Keras's: LSTM i,o,f,c of i,f,c,o; GRU z,r,h; RNN one. */
const GATES = { LSTM: [0, 3, 1, 2], GRU: [0, 1, 2], RNN: [0] } as const
type Kind = keyof typeof GATES
const KINDS: Readonly<Record<string, Kind>> = { SimpleRNN: 'RNN', GRU: 'GRU', LSTM: 'LSTM' }

/** ONNX's names for activations inside its recurrent operations, with alpha and beta. */
const INSIDE: Readonly<Record<string, readonly [string, number, number]>> = {
  tanh: ['Tanh', 0, 0],
  sigmoid: ['Sigmoid', 0, 0],
  relu: ['Relu', 0, 0],
  hard_sigmoid: ['HardSigmoid', 0.2, 0.5],
  softsign: ['Softsign', 0, 0],
  softplus: ['Softplus', 0, 0],
  linear: ['Affine', 1, 0],
}

/** [rows, gates·H] → [1, gates·H, rows], gates in ONNX's order. */
function gatesFirst(kernel: Tensor, kind: Kind, units: number): Tensor {
  const rows = kernel.shape[0]!
  const gates = GATES[kind]
  const split = transpose(reshaped(kernel, [rows, gates.length, units]), [1, 2, 0])
  const size = units * rows
  const out = new Float32Array(split.data.length)
  gates.forEach((from, to) => {
    out.set((split.data as Float32Array).subarray(from * size, (from + 1) * size), to * size)
  })
  return float32([1, gates.length * units, rows], out)
}

/** Reverses time, axis 1. */
const reversed = (g: Builder, x: Value): Value =>
  g.op('Slice', [x], { starts: [-1], ends: [-(2 ** 31)], axes: [1], steps: [-1] })

/** An activation as ONNX's recurrent operations take it; undefined for one that they have not. */
function insideOf(layer: Layer, key: string): readonly [string, number, number] | undefined {
  const gate = layer.keras === 3 ? 'sigmoid' : 'hard_sigmoid'
  const name = activationName(layer.config.raw(key) ?? (key === 'activation' ? 'tanh' : gate))
  if (name === 'hard_sigmoid' && layer.keras === 3) return ['HardSigmoid', 1 / 6, 0.5]
  return Object.hasOwn(INSIDE, name) ? INSIDE[name] : undefined
}

/** The input's bias, then the recurrent one, which Keras has only in a GRU with reset_after. */
function biases(layer: Layer, kind: Kind, units: number, context: Context): Tensor | undefined {
  if (!layer.config.bool('use_bias', true)) return undefined
  const count = GATES[kind].length * units
  const two = kind === 'GRU' && resetsAfter(layer)
  const bias = weightOf(layer, context, 'bias', 2, two ? [2, count] : [count])
  const out = new Float32Array(2 * count)
  for (let i = 0; i < bias.data.length; i += count) {
    const part = float32([1, count], (bias.data as Float32Array).slice(i, i + count))
    out.set(gatesFirst(part, kind, units).data as Float32Array, i)
  }
  return float32([1, 2 * count], out)
}

/** Where a GRU resets its state: behind the recurrent product (Keras's default), or before it (tfjs). */
const resetsAfter = (layer: Layer): boolean => layer.config.bool('reset_after', false)

/** As ONNX's own operation, for whole sequences without a mask. */
function asOperation(
  layer: Layer,
  kind: Kind,
  x: Value,
  states: readonly Value[],
  context: Context,
): readonly Value[] {
  const { g } = context
  const units = layer.config.number('units')
  const count = GATES[kind].length * units
  const kernel = weightOf(layer, context, 'kernel', 0, [sizeAt(layer, x, -1), count])
  const recurrent = weightOf(layer, context, 'recurrent_kernel', 1, [units, count])
  const both = biases(layer, kind, units, context)
  const names =
    kind === 'RNN'
      ? ['activation']
      : ['recurrent_activation', 'activation', ...(kind === 'LSTM' ? ['activation'] : [])]
  const inside = names.map((key) => insideOf(layer, key)!)
  const first = (state: Value | undefined) => state && g.op('Unsqueeze', [state], { axes: [0] })
  const inputs = [
    g.op('Transpose', [x], { perm: [1, 0, 2] }),
    g.constant(gatesFirst(kernel, kind, units), 'kernel'),
    g.constant(gatesFirst(recurrent, kind, units), 'recurrent_kernel'),
    both && g.constant(both, 'bias'),
    undefined,
    first(states[0]),
    first(states[1]),
  ]
  const outputs = g.multi(
    kind,
    inputs,
    {
      hidden_size: units,
      activations: inside.map(([name]) => name),
      activation_alpha: float(inside.map(([, alpha]) => alpha)),
      activation_beta: float(inside.map(([, , beta]) => beta)),
      ...(kind === 'GRU' && resetsAfter(layer) && { linear_before_reset: 1 }),
    },
    kind === 'LSTM' ? 3 : 2,
  )
  const [sequence, ...last] = outputs
  const ends = last.map((state) => g.op('Squeeze', [state], { axes: [0] }))
  const steps = g.op('Transpose', [g.op('Squeeze', [sequence!], { axes: [1] })], { perm: [1, 0, 2] })
  return [layer.config.bool('return_sequences', false) ? steps : ends[0]!, ...ends]
}

/** Any recurrent layer: inputs are [x, initial states…]; outputs the result and, with return_state, the states. */
function lowerRecurrent(
  layer: Layer,
  [input, ...states]: readonly Value[],
  context: Context,
): readonly Value[] {
  const { config } = layer
  if (config.bool('stateful', false))
    unsupported(layer, 'stateful is true', 'false: hand the states over as inputs and outputs (return_state)')
  const kind = KINDS[layer.className]
  refuseStaleMask(layer, input!, context)
  const mask = context.masks.get(input!.name)
  // Bidirectional sets it; it says something of masked steps only.
  if (!mask) config.raw('zero_output_for_mask')
  const backwards = config.bool('go_backwards', false)
  const x = backwards ? reversed(context.g, input!) : input!
  const options = kind ? (kind === 'RNN' ? ['activation'] : ['activation', 'recurrent_activation']) : []
  const plain = options.every((key) => insideOf(layer, key) !== undefined)
  const outputs =
    kind && plain && !mask
      ? asOperation(layer, kind, x, states, context)
      : unroll(context.g, cellOf(layer, context), {
          x,
          steps: sizeAt(layer, x, 1),
          mask: mask && (backwards ? reversed(context.g, mask) : mask),
          initial: states,
          returnsAll: config.bool('return_sequences', false),
        })
  if (mask && config.bool('return_sequences', false)) context.masks.set(outputs[0]!.name, mask)
  return config.bool('return_state', false) ? outputs : outputs.slice(0, 1)
}

/** Two copies of a recurrent layer, one of which goes backwards. */
function lowerBidirectional(
  layer: Layer,
  [x, ...states]: readonly Value[],
  context: Context,
): readonly Value[] {
  const { g } = context
  const [inner] = layer.inner ?? []
  if (!inner) return unsupported(layer, 'it holds no layer', 'a recurrent layer')
  const direction = (prefix: string, back: boolean, initial: readonly Value[]) => {
    const json = { ...inner.config.json, go_backwards: inner.config.bool('go_backwards', false) !== back }
    const copy = {
      ...inner,
      path: [...layer.path, `${prefix}_${inner.name}`],
      ...(layer.saved && { saved: `${layer.saved}/${prefix}_layer` }),
      config: new Config(json, describe(layer)),
    }
    return context.lower(copy, [x!, ...initial])
  }
  const half = states.length / 2
  const [forward, ...forwardStates] = direction('forward', false, states.slice(0, half))
  const [raw, ...backwardStates] = direction('backward', true, states.slice(half))
  const backward = inner.config.bool('return_sequences', false) ? reversed(g, raw!) : raw!
  const ends = [...forwardStates, ...backwardStates]
  const mode = layer.config.raw('merge_mode') === undefined ? 'concat' : layer.config.raw('merge_mode')
  if (mode === null) return [forward!, backward, ...ends]
  const pair = [forward!, backward]
  if (mode === 'concat') return [g.op('Concat', pair, { axis: forward!.shape.length - 1 }), ...ends]
  if (mode === 'sum') return [g.op('Add', pair), ...ends]
  if (mode === 'mul') return [g.op('Mul', pair), ...ends]
  if (mode === 'ave') return [g.op('Mul', [g.op('Add', pair), g.constant(float32([], [0.5]))]), ...ends]
  return unsupported(layer, `merge_mode is ${JSON.stringify(mode)}`, 'concat, sum, mul, ave, null')
}

/** The same layer for every step: time is folded into the batch. */
function lowerTimeDistributed(layer: Layer, [x]: readonly Value[], context: Context): readonly Value[] {
  const { g } = context
  const [inner] = layer.inner ?? []
  if (!inner) return unsupported(layer, 'it holds no layer', 'any layer of the table')
  const own = { ...inner, path: inner.model ? inner.path : layer.path }
  // Layers that work on the last axis take a free number of steps.
  if (x!.shape[1] === null && rowOf(context.layers, inner.className)?.anyRank) return context.lower(own, [x!])
  const steps = sizeAt(layer, x!, 1)
  const rest = x!.shape.slice(2).map((_, i) => sizeAt(layer, x!, i + 2))
  const [y] = context.lower(own, [g.op('Reshape', [x!], { shape: [-1, ...rest] })])
  const sizes = y!.shape.slice(1).map((_, i) => sizeAt(layer, y!, i + 1))
  return [g.op('Reshape', [y!], { shape: [-1, steps, ...sizes] })]
}

const options =
  'return_sequences, return_state, go_backwards, initial states; with a mask or an activation that ONNX has not: unrolled, for a known number of steps; stateful is refused'
export const recurrentLayers: Family = {
  title: 'Recurrent layers and wrappers',
  rows: {
    SimpleRNN: { lower: lowerRecurrent, notes: options },
    GRU: { lower: lowerRecurrent, notes: options },
    LSTM: { lower: lowerRecurrent, notes: options },
    RNN: {
      lower: lowerRecurrent,
      notes: 'of SimpleRNNCell, GRUCell, LSTMCell, StackedRNNCells; unrolled, for a known number of steps',
    },
    ConvLSTM2D: { lower: lowerRecurrent, notes: 'unrolled, for a known number of steps; both data formats' },
    Bidirectional: {
      lower: lowerBidirectional,
      notes: 'merge_mode concat, sum, mul, ave, null',
      keepsMask: ({ inner }) => inner?.[0]?.config.raw('return_sequences') === true,
    },
    TimeDistributed: {
      lower: lowerTimeDistributed,
      notes: 'of any layer, for a known number of steps (Dense and activations: any)',
      keepsMask: true,
    },
  },
}
