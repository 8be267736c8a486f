import type { Family, Row } from './context.ts'

/** Layers that act in training only. */
const row: Row = { lower: (_layer, inputs) => inputs, notes: 'nothing at inference' }

export const identityOps: Family = {
  Dropout: row,
  SpatialDropout1D: row,
  GaussianNoise: row,
  GaussianDropout: row,
  AlphaDropout: row,
}
