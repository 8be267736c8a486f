import { type Family, type Row, refusing } from './context.ts'

/** Layers that act in training only. */
const row: Row = {
  lower: (_layer, inputs) => inputs,
  notes: 'nothing at inference',
  keepsMask: true,
  anyRank: true,
  actsInTraining: true,
}

const augmentation: Row = { lower: row.lower, notes: 'nothing at inference', actsInTraining: true }

export const identityLayers: Family = {
  title: 'Training only',
  rows: {
    Dropout: row,
    SpatialDropout1D: row,
    SpatialDropout2D: row,
    SpatialDropout3D: row,
    GaussianNoise: row,
    GaussianDropout: row,
    AlphaDropout: row,
    ActivityRegularization: row,
    Identity: row,
    RandomBrightness: augmentation,
    RandomContrast: augmentation,
    RandomFlip: augmentation,
    RandomRotation: augmentation,
    RandomTranslation: augmentation,
    RandomZoom: augmentation,
    RandomWidth: refusing(
      'tfjs draws a random width at inference too: there is no result to agree with; remove the layer before saving',
    ),
  },
}
