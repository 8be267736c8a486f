import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { each, type LayerCase, type LayerCases, on } from './case.ts'

const { layers } = tfl
const sequence = [5, 3]
// The default, orthogonal, calls methods of tensors that tfjs-core leaves out unless asked.
const initial = { recurrentInitializer: 'glorotNormal' as const }

const common = [
  { ...initial, units: 4 },
  { ...initial, units: 4, returnSequences: true },
  { ...initial, units: 4, goBackwards: true, returnSequences: true },
  { ...initial, units: 4, returnState: true },
  { ...initial, units: 4, useBias: false, activation: 'relu' as const },
  { ...initial, units: 4, activation: 'selu' as const, returnSequences: true },
]
const gated = [
  ...common,
  { ...initial, units: 4, recurrentActivation: 'sigmoid' as const },
  { ...initial, units: 4, recurrentActivation: 'hardSigmoid' as const, activation: 'softsign' as const },
]

/** Sequences of which some steps are all zeros. */
const someSteps = () =>
  tf.mul(
    tf.randomUniform([2, 5, 3], -1, 1, 'float32', 4),
    tf.tensor3d([0, 1, 1, 0, 1, 1, 1, 0, 0, 0], [2, 5, 1]),
  )

type Apply = (x: tfl.SymbolicTensor) => tfl.SymbolicTensor
const masked = (title: string, recurrent: () => { apply: (x: tfl.SymbolicTensor) => unknown }): LayerCase =>
  on(
    title,
    sequence,
    () => ({
      apply: (x) =>
        (recurrent().apply as Apply)(layers.masking().apply(x as tfl.SymbolicTensor) as tfl.SymbolicTensor),
    }),
    () => [
      tf.mul(
        tf.randomUniform([2, 5, 3], -1, 1, 'float32', 4),
        tf.tensor3d([0, 1, 1, 0, 1, 1, 1, 0, 0, 0], [2, 5, 1]),
      ),
    ],
  )

const withState = (title: string, states: number, make: () => tfl.RNN): LayerCase =>
  on(title, [sequence, ...Array.from({ length: states }, () => [4])], () => ({
    apply: (inputs) => {
      const [x, ...initialState] = inputs as tfl.SymbolicTensor[]
      return make().apply(x!, { initialState })
    },
  }))

const cells = {
  simple: () => layers.simpleRNNCell({ ...initial, units: 4 }),
  gru: () => layers.gruCell({ ...initial, units: 4 }),
  lstm: () => layers.lstmCell({ ...initial, units: 3 }),
}
const video = [3, 6, 5, 2]

/** Recurrent layers and wrappers. */
export const recurrentCases: LayerCases = {
  SimpleRNN: [
    ...each(sequence, layers.simpleRNN, common),
    masked('behind Masking', () => layers.simpleRNN({ ...initial, units: 4 })),
    withState('with an initial state', 1, () => layers.simpleRNN({ ...initial, units: 4 }) as tfl.RNN),
    on(
      'a free number of steps',
      [null, 3],
      () => layers.simpleRNN({ ...initial, units: 4 }),
      () => [tf.randomUniform([2, 6, 3], -1, 1, 'float32', 4)],
    ),
  ],
  GRU: [
    ...each(sequence, layers.gru, gated),
    on(
      'behind Masking and layers that hand the mask on',
      sequence,
      () => ({
        apply: (x) => {
          const steps = [
            layers.masking(),
            layers.dense({ units: 4, activation: 'tanh' }),
            layers.batchNormalization(),
            layers.layerNormalization(),
            layers.reLU(),
            layers.dropout({ rate: 0.2 }),
          ]
          const y = steps.reduce(
            (value, step) => step.apply(value) as tfl.SymbolicTensor,
            x as tfl.SymbolicTensor,
          )
          return layers.gru({ ...initial, units: 4 }).apply(y)
        },
      }),
      () => [someSteps()],
    ),
    masked('behind Masking, all outputs', () => layers.gru({ ...initial, units: 4, returnSequences: true })),
    withState(
      'with an initial state',
      1,
      () => layers.gru({ ...initial, units: 4, returnSequences: true }) as tfl.RNN,
    ),
  ],
  LSTM: [
    ...each(sequence, layers.lstm, gated),
    masked('behind Masking, backwards', () => layers.lstm({ ...initial, units: 4, goBackwards: true })),
    masked('behind Masking, with states', () => layers.lstm({ ...initial, units: 4, returnState: true })),
    withState(
      'with initial states',
      2,
      () => layers.lstm({ ...initial, units: 4, returnState: true }) as tfl.RNN,
    ),
    on(
      'two behind a masked Embedding',
      [5],
      () => ({
        apply: (x) => {
          const words = layers
            .embedding({ inputDim: 7, outputDim: 3, maskZero: true })
            .apply(x as tfl.SymbolicTensor) as tfl.SymbolicTensor
          const first = layers
            .lstm({ ...initial, units: 4, returnSequences: true })
            .apply(words) as tfl.SymbolicTensor
          return layers
            .lstm({ ...initial, units: 3 })
            .apply(layers.dropout({ rate: 0.2 }).apply(first) as tfl.SymbolicTensor)
        },
      }),
      () => [tf.tensor2d([0, 3, 0, 5, 6, 1, 2, 0, 0, 0], [2, 5])],
    ),
  ],
  RNN: [
    on('of a SimpleRNNCell', sequence, () => layers.rnn({ cell: cells.simple() })),
    on('of a GRUCell, all outputs', sequence, () => layers.rnn({ cell: cells.gru(), returnSequences: true })),
    on('of an LSTMCell, backwards, with states', sequence, () =>
      layers.rnn({ cell: cells.lstm(), goBackwards: true, returnState: true }),
    ),
  ],
  SimpleRNNCell: [on('in RNN', sequence, () => layers.rnn({ cell: cells.simple(), returnSequences: true }))],
  GRUCell: [on('in RNN', sequence, () => layers.rnn({ cell: cells.gru() }))],
  LSTMCell: [on('in RNN', sequence, () => layers.rnn({ cell: cells.lstm() }))],
  StackedRNNCells: [
    on('of all three, with states', sequence, () =>
      layers.rnn({
        cell: layers.stackedRNNCells({ cells: [cells.lstm(), cells.gru(), cells.simple()] as never }),
        returnState: true,
        returnSequences: true,
      }),
    ),
  ],
  ConvLSTM2D: each(video, layers.convLstm2d, [
    { ...initial, filters: 3, kernelSize: 3 },
    { ...initial, filters: 3, kernelSize: [2, 3], padding: 'same', returnSequences: true },
    {
      ...initial,
      filters: 3,
      kernelSize: 3,
      strides: 2,
      padding: 'same',
      activation: 'relu',
      recurrentActivation: 'sigmoid',
    },
    { ...initial, filters: 3, kernelSize: 3, useBias: false, goBackwards: true, returnState: true },
  ]),
  ConvLSTM2DCell: each(video, layers.convLstm2d, [{ ...initial, filters: 2, kernelSize: 2 }]),
  Bidirectional: [
    ...(['concat', 'sum', 'mul', 'ave'] as const).map((mergeMode) =>
      on(`${mergeMode}, all outputs`, sequence, () =>
        layers.bidirectional({
          layer: layers.lstm({ ...initial, units: 4, returnSequences: true }) as tfl.RNN,
          mergeMode,
        }),
      ),
    ),
    on('no merging', sequence, () =>
      layers.bidirectional({
        layer: layers.gru({ ...initial, units: 4 }) as tfl.RNN,
        mergeMode: null as never,
      }),
    ),
    on('of SimpleRNN, last output', sequence, () =>
      layers.bidirectional({
        layer: layers.simpleRNN({ ...initial, units: 4 }) as tfl.RNN,
        mergeMode: 'concat',
      }),
    ),
    masked('behind Masking', () =>
      layers.bidirectional({
        layer: layers.gru({ ...initial, units: 4, returnSequences: true }) as tfl.RNN,
        mergeMode: 'concat',
      }),
    ),
  ],
  TimeDistributed: [
    on('of Dense', sequence, () =>
      layers.timeDistributed({ layer: layers.dense({ units: 4, activation: 'relu' }) }),
    ),
    on(
      'of Dense, a free number of steps',
      [null, 3],
      () => layers.timeDistributed({ layer: layers.dense({ units: 4 }) }),
      () => [tf.randomUniform([2, 6, 3], -1, 1, 'float32', 4)],
    ),
    on('of Conv2D', video, () =>
      layers.timeDistributed({ layer: layers.conv2d({ filters: 3, kernelSize: 3 }) }),
    ),
    on('of Flatten', video, () => layers.timeDistributed({ layer: layers.flatten() })),
  ],
}
