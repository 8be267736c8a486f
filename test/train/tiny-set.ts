import type { StageConfig } from '@detl/train/config'
import { NO_AUGMENTATION } from '@detl/train/data/augment'
import type { LabelledImages } from '@detl/train/data/images'
import { rngOf } from '@detl/train/rng'

/** Class 1 has a bright square somewhere, class 0 has none. */
export function squares(count: number, size: number, seed: number): LabelledImages {
  const pixels = new Uint8Array(count * size * size)
  const labels = new Int32Array(count)
  for (let n = 0; n < count; n++) {
    const rng = rngOf('squares', seed, n)
    const at = n * size * size
    for (let i = 0; i < size * size; i++) pixels[at + i] = 80 + 40 * rng()
    labels[n] = n % 2
    if (labels[n] === 0) continue
    const side = Math.round(size / 4)
    const [x0, y0] = [Math.floor(rng() * (size - side)), Math.floor(rng() * (size - side))]
    for (let y = y0; y < y0 + side; y++) pixels.fill(220, at + y * size + x0, at + y * size + x0 + side)
  }
  return {
    size,
    classes: 2,
    pixels,
    placed: Array.from({ length: count }, () => ({ x: 0, y: 0, width: size, height: size })),
    indices: Int32Array.from({ length: count }, (_, i) => i),
    labels,
    weights: new Float32Array(count).fill(1),
  }
}

export const quickStage: StageConfig = {
  epochs: 3,
  epochImages: 0,
  batchSize: 8,
  optimizer: { kind: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
  learningRate: 5e-4,
  finalRate: 0.1,
  warmup: 0,
  trainFrom: 'block1',
  ramp: 0,
  normalise: true,
  dropout: 0.1,
  labelSmoothing: 0,
  weightDecay: 0,
  weighting: 'none',
  averageDecay: 0,
  findingsWeight: 0,
  evidenceWeight: 0,
  augment: { ...NO_AUGMENTATION, mirroring: 0.5, shift: 0.05 },
  keep: 'loss',
  classBias: false,
}
