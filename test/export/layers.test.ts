import { PASSES } from '@detl/export/convert'
import { LAYERS } from '@detl/export/lowering/table'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eager, type LayerCase, type LayerCases } from './cases/case.ts'
import { convCases } from './cases/conv.ts'
import { elementwiseCases } from './cases/elementwise.ts'
import { modelCases } from './cases/model.ts'
import { poolAndNormCases } from './cases/pool-and-norm.ts'
import { recurrentCases } from './cases/recurrent.ts'
import { shapeCases } from './cases/shape.ts'
import { compare } from './harness.ts'

const CASES: LayerCases = {
  ...shapeCases,
  ...convCases,
  ...poolAndNormCases,
  ...elementwiseCases,
  ...recurrentCases,
  ...modelCases,
}

/** Every layer class that tfjs-layers registers for deserialisation. */
const registered = (): string[] => {
  const map = (
    tf.serialization as unknown as {
      SerializationMap: { getMap(): { classNameMap: Record<string, [{ prototype: object }]> } }
    }
  ).SerializationMap.getMap().classNameMap
  const layer = Object.getPrototypeOf(map.Dense![0]) as { prototype: object }
  return Object.keys(map).filter((name) =>
    Object.prototype.isPrototypeOf.call(layer.prototype, map[name]![0].prototype),
  )
}

// tf2onnx compares its Keras layer matrix at rtol 1e-3, atol 1e-6: rtol is ten times tighter here.
const [RTOL, ATOL] = [1e-4, 1e-6]

async function check({ prepare }: LayerCase): Promise<void> {
  const prepared = await prepare()
  for (const options of [{}, { without: PASSES }]) {
    const differences = await compare(prepared, options)
    expect(differences).toHaveLength(prepared.expected.length)
    for (const { excess } of differences)
      expect(excess, `beyond rtol ${RTOL}, atol ${ATOL}`).toBeLessThanOrEqual(0)
  }
}

describe('every layer class that tfjs-layers 4.22 deserialises', () => {
  it('is in the table or refused by name, and has a case here', () => {
    const names = registered()
    expect(names.length).toBeGreaterThan(60)
    const models = ['Sequential', 'Functional', 'Model', 'InputLayer']
    expect(names.filter((name) => !LAYERS[name] && !models.includes(name))).toEqual([])
    expect(names.filter((name) => !CASES[name] && LAYERS[name]?.refused === undefined)).toEqual([])
  })

  it('refuses RandomWidth with the reason', async () => {
    const make = () => tfl.layers.randomWidth({ factor: 0.5 } as never)
    const { prepare } = eager(
      '',
      [4, 4, 1],
      make,
      () => tf.zeros([1, 4, 4, 1]),
      (x) => x,
    )
    await expect(prepare().then(compare)).rejects.toThrow(
      /unsupported-option: layer ".*" \(RandomWidth\).*remove the layer/,
    )
  })
})

describe('agrees with tfjs, with all passes and with none', () => {
  const warn = console.warn
  beforeAll(() => {
    // tfjs remarks that `unroll` does nothing in its backend.
    console.warn = () => undefined
  })
  afterAll(() => {
    console.warn = warn
  })
  for (const [name, cases] of Object.entries(CASES)) {
    describe(name, () => {
      for (const layerCase of cases) it(layerCase.title, () => check(layerCase))
    })
  }
})
