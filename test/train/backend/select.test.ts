import { describeBackend } from '@detl/train/backend/names'
import { selectBackend } from '@detl/train/backend/select'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'

describe('selectBackend', () => {
  it('falls back to wasm where oneDNN and tfjs-node are left out, and says why', async () => {
    const choice = await selectBackend({ without: ['tfjs-node-gpu', 'tfjs-node', 'onednn'] })
    expect(choice.name).toBe('wasm')
    expect(choice.passedOver.map((p) => p.name)).toEqual(['tfjs-node-gpu', 'webgpu', 'tfjs-node', 'onednn'])
    expect(describeBackend(choice)).toContain('CPU')
    expect(tf.add(1, 2).dataSync()[0]).toBe(3)
  })

  it('fails, naming the backend, where the one asked for cannot start', async () => {
    const absent = await import('@tensorflow/tfjs-node-gpu' as string).then(
      () => false,
      () => true,
    )
    if (absent) {
      await expect(selectBackend({ only: 'tfjs-node-gpu' })).rejects.toThrow(
        'backend tfjs-node-gpu does not start',
      )
    }
    await expect(selectBackend({ only: 'cpu', without: ['cpu'] })).rejects.toThrow('cpu: left out by option')
  })
})
