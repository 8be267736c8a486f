import type { TrainConfig } from '../src/config.ts'

/** What the shipped model is trained with; each line with its reason. `paper.ts` is the paper's own recipe. */
export const defaults: TrainConfig = {
  name: 'default',
  architecture: 'detl12',
  input: 'harmonised',
  size: 128, // 5.0 M parameters, 20 MB as fp32: the largest that trains on two cores in an evening
  seed: 1,
  pretrain: {
    epochs: 30,
    epochImages: 0,
    batchSize: 16, // larger ones gain no speed on a CPU
    optimizer: { kind: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
    learningRate: 1e-3,
    finalRate: 0.02,
    warmup: 1,
    trainFrom: 'block1',
    normalise: true, // the plain network hardly leaves the start on so few images
    ramp: 4, // at full strength from the start the network stays at chance for many epochs
    dropout: 0.2,
    labelSmoothing: 0.05, // NIH's labels are text-mined, about one in ten is wrong
    weightDecay: 0,
    weighting: 'within-source', // Data-A mixes two resolutions with different shares of normals
    averageDecay: 0,
    findingsWeight: 0,
    evidenceWeight: 0,
    keep: 'balancedAccuracy',
    classBias: false,
    augment: {
      rotation: 8, // the paper names rotation, scaling, mirroring and gives no ranges; a patient tilts by a few degrees
      scaling: 0.1,
      mirroring: 0.5,
      shift: 0.04,
      reframe: 0.5, // NIH is square, the COVID collections are not: bars must not tell
      reframeKeep: 0.8,
      gamma: 0.3,
      contrast: 0.2,
      brightness: 0.1,
      blur: 0.4, // a third of Data-A exists at 64 × 64 only
      blurTo: 0.45,
      noise: 0.2,
      noiseMax: 8,
      marks: 0.2,
    },
  },
  transfer: {
    epochs: 24,
    epochImages: 0,
    batchSize: 16,
    optimizer: { kind: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
    learningRate: 1e-3,
    finalRate: 0.02,
    warmup: 1,
    trainFrom: 'block1', // few pretraining images: freezing three blocks, as the paper does, underfits
    normalise: true,
    ramp: 6,
    dropout: 0.2,
    labelSmoothing: 0.05,
    weightDecay: 0,
    weighting: 'class',
    averageDecay: 0.995, // over about the last two epochs
    findingsWeight: 0,
    evidenceWeight: 0.5, // 0.2 moves the maps into the lungs, 0.5 onto the radiologists' boxes too
    keep: 'balancedAccuracy',
    classBias: false,
    augment: {
      rotation: 8,
      scaling: 0.1,
      mirroring: 0.5,
      shift: 0.04,
      reframe: 0.5,
      reframeKeep: 0.75,
      gamma: 0.3,
      contrast: 0.2,
      brightness: 0.1,
      blur: 0.3,
      blurTo: 0.45,
      noise: 0.2,
      noiseMax: 8,
      marks: 0.3,
    },
  },
}
