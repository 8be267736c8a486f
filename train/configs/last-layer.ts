import { differing } from '../src/config.ts'
import { mobilenet } from './mobilenet.ts'

/**
 * The last layer alone, of a network that the recipe `mobilenet` made (`--base`), learnt anew on more collections: its features hold more of the
 * disease than its last layer uses, which has learnt the few collections (Kirichenko, Izmailov & Wilson 2022).
 */
export const lastLayer = differing(mobilenet, {
  name: 'last-layer',
  transfer: {
    epochs: 3,
    epochImages: 1600,
    learningRate: 5e-3, // of one layer, from random weights
    warmup: 0.5,
    ramp: 0,
    trainFrom: 'dense2',
    weightDecay: 1e-3,
    weighting: 'class-and-source',
    evidenceWeight: 0, // its gradient reaches the last layer only
    averageDecay: 0.98,
  },
})
