import { differing } from '../src/config.ts'
import { NO_AUGMENTATION } from '../src/data/augment.ts'
import { defaults } from './default.ts'

/** Basu, Mitra & Saha 2020, section IV; what the paper leaves open is in docs/paper-map.md. */
const paperAugment = { ...NO_AUGMENTATION, rotation: 10, scaling: 0.1, mirroring: 0.5 }

export const paper = differing(defaults, {
  name: 'paper',
  input: 'plain',
  pretrain: {
    epochs: 100,
    learningRate: 1e-3,
    finalRate: 0,
    warmup: 0,
    ramp: 0,
    normalise: false,
    dropout: 0,
    labelSmoothing: 0,
    weighting: 'none',
    averageDecay: 0,
    findingsWeight: 0,
    evidenceWeight: 0,
    augment: paperAugment,
  },
  transfer: {
    epochs: 100,
    optimizer: { kind: 'sgd', momentum: 0.9 },
    learningRate: 1e-4,
    finalRate: 1, // no schedule is named for the second stage
    warmup: 0,
    ramp: 0,
    normalise: false,
    trainFrom: 'block3', // "up to the last convolutional block"
    dropout: 0,
    labelSmoothing: 0,
    weighting: 'none',
    averageDecay: 0,
    findingsWeight: 0,
    evidenceWeight: 0,
    augment: paperAugment,
  },
})
