import { GraphBuilder, transform } from '@detl/export/graph/builder'
import { legalise } from '@detl/export/graph/legalise'
import { serialise } from '@detl/export/graph/serialise'
import { fitsOnWeb } from '@detl/export/graph/web-heap'
import { float32 } from '@detl/export/onnx/tensor'
import * as web from 'onnxruntime-web/wasm'
import { describe, expect, it } from 'vitest'

const MIB = 2 ** 20
const ROWS = 1024

/** Weights in pieces of one size. They all lie at one place, and are never written: none of it takes memory. */
function pieces(total: number, piece: number): GraphBuilder {
  const columns = (piece * MIB) / 4 / ROWS
  const weights = float32([ROWS, columns], new Float32Array(ROWS * columns))
  const g = new GraphBuilder()
  const x = g.input('x', 'float32', [1, ROWS])
  const products = Array.from({ length: total / piece }, () => g.op('MatMul', [x, g.constant(weights)]))
  g.output(
    'y',
    products.reduce((sum, product) => g.op('Add', [sum, product])),
  )
  return g
}

describe('the room that onnxruntime-web has for weights', () => {
  // Each was loaded by onnxruntime-web 1.30 in Node, or ended in std::bad_alloc.
  it.each([
    ['beside', 3840, 64, true],
    ['beside', 2560, 512, true],
    ['beside', 1984, 1984, true],
    ['beside', 3584, 256, false],
    ['beside', 3072, 512, false],
    ['beside', 2048, 1024, false],
    ['inside', 1600, 64, true],
    ['inside', 1984, 64, false],
    ['inside', 1536, 512, false],
  ] as const)('%s the ONNX file, %i MiB in pieces of %i: %s', (where, total, piece, fits) => {
    expect(fitsOnWeb(pieces(total, piece), where === 'beside')).toBe(fits)
  })

  it.each(['bytes', 'a Blob'] as const)(
    'is enough for 256 MiB beside the file, given as %s',
    async (form) => {
      const g = pieces(256, 64)
      const info = { opset: 17, name: 'large', metadata: {}, externalData: 'large.data' }
      const { model, data } = serialise(transform(g, legalise(17)), info)
      const given =
        form === 'bytes' ? new Uint8Array(Buffer.concat(data)) : new Blob(data as Uint8Array<ArrayBuffer>[])
      const session = await web.InferenceSession.create(Buffer.concat(model), {
        externalData: [{ path: 'large.data', data: given }],
      })
      const x = new web.Tensor('float32', new Float32Array(ROWS).fill(1), [1, ROWS])
      const { y } = await session.run({ x })
      await session.release()
      expect(y!.dims).toEqual([1, 16384])
    },
  )
})
