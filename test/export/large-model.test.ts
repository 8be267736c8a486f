import { expect, it } from 'vitest'
import { measureConversion } from './large-model.ts'

it('a model of 25 million parameters converts within three times its size in memory', () => {
  const { parameters, memory, file } = measureConversion(256)
  expect(parameters).toBeGreaterThan(25e6)
  expect(memory).toBeLessThanOrEqual(3)
  // Grad-CAM's summed weights are all that the file has besides.
  expect(file).toBeLessThan(1.01)
})

it('in half precision it converts within four times its size in memory, to half the size', () => {
  const { memory, file } = measureConversion(256, 'fp16')
  expect(memory).toBeLessThanOrEqual(4)
  expect(file).toBeLessThan(0.51)
})
