import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OPERATIONS } from '@detl/export/onnx/table'
import { describe, expect, it } from 'vitest'
import { onProviders } from '../support/on-providers.ts'
import type { ProviderResult } from '../support/provider-child.ts'
import { noSoftwareVulkan } from '../support/software-vulkan.ts'
import { noise, SAMPLES, sampleFile, valuesOf } from './operation-samples.ts'

const RIGHT = 1e-4

const wordsOf = (result: ProviderResult | undefined): string => {
  if (!result) return ''
  if ('failed' in result) return result.failed === 'session' ? 'no session' : 'throws at every run'
  const apart = Math.max(...Object.values(result.apart))
  return apart <= RIGHT ? 'right' : `off by ${apart.toExponential(0)}`
}

describe.skipIf(noSoftwareVulkan)('docs/onnx-providers.md', () => {
  it('says what WebGPU computes as the CPU does, of all that the exporter emits (rewrite it with -u)', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'detl-operations-'))
    try {
      const samples = Object.entries(SAMPLES)
      const cases = samples.flatMap(([op, sample], i) =>
        [false, true]
          .filter((gradient) => !gradient || OPERATIONS[op.split(' ')[0]!]?.gradient)
          .map((gradient) => {
            const model = join(folder, `${i}-${gradient}.onnx`)
            writeFileSync(model, sampleFile(op, sample, gradient))
            const data = [...valuesOf(sample.shape, sample.value ?? noise)]
            const feeds = { x: { type: 'float32' as const, dims: [...sample.shape], data } }
            return { name: `${op}|${gradient}`, model, feeds }
          }),
      )
      const results = new Map((await onProviders(cases)).map((result) => [result.name, result]))
      const rows = samples
        .map(([op]) => op)
        .toSorted()
        .map(
          (op) =>
            `| ${op} | ${wordsOf(results.get(`${op}|false`))} | ${wordsOf(results.get(`${op}|true`))} |`,
        )
      const text = [
        '# What ONNX Runtime\u2019s WebGPU provider computes right',
        '',
        'Made by `test/export/providers.test.ts`; it fails where something changes. onnxruntime-node 1.30.0 on linux/x64, on SwiftShader, a Vulkan driver that computes on the',
        'processor. Each operation that the exporter emits in a file of its own, and the gradient that Grad-CAM would take through it, beside the CPU provider on the same input:',
        'right is a difference of at most 1e-4, relative to the larger of 1 and the largest value. An empty cell: the operation has no gradient.',
        '',
        'Sines and cosines: WebGPU and Vulkan allow an absolute error of 2^-11 between -\u03c0 and \u03c0, and SwiftShader uses some of it.',
        '',
        'The GPU function takes a provider only after a test run of the whole model, so that what is wrong here falls back to the CPU and is said.',
        '',
        '| operation | forward | gradient |',
        '| --- | --- | --- |',
        ...rows,
        '',
      ].join('\n')
      await expect(text).toMatchFileSnapshot('../../docs/onnx-providers.md')
    } finally {
      rmSync(folder, { recursive: true })
    }
  }, 240_000)
})
