import { join } from 'node:path'
import type { LungFacts } from '@detl/core/lungs/lung-facts'
import { REGION_PLANES } from '@detl/core/lungs/regions'
import { INPUT, OUTPUTS } from '@detl/core/model/tensor-names'
import { buildGraph } from '../convert.ts'
import { ConvertError } from '../errors.ts'
import { serialise } from '../graph/serialise.ts'
import { writeWhole } from '../graph/write.ts'
import { imageInput } from '../inputs.ts'
import { readLayersModel } from '../read-path.ts'
import { lungCard } from './card.ts'
import { json, readFacts } from './folders.ts'
import { LUNGS_METADATA } from './prefix.ts'

/**
 * The network that outlines lungs and opacity, as ONNX: UINT8 `image` [N,1,S,S] → FP32 `regions` [N,3,h,w]. Weights are stored in half precision.
 * @param model model.json, or the folder that holds it
 * @throws ConvertError shape-mismatch where the network is not what the facts say
 */
export function exportLungs(model: string, facts: LungFacts): Uint8Array[] {
  const { size, scale, height, width, name } = facts
  const source = readLayersModel(model)
  const expect = (what: string, found: readonly (number | null)[] | undefined, ...stated: number[]) => {
    if (found?.slice(1).join() !== stated.join())
      throw new ConvertError(
        'shape-mismatch',
        `${what} of the network is [${found}], the facts say [N,${stated}]`,
      )
  }
  expect('the image', source.model.inputs[0]?.shape, size, size, 1)
  const { graph, opset } = buildGraph(source, {
    inputs: [imageInput({ name: INPUT, scale, shape: [-1, 1, size, size] })],
    dtype: 'fp16',
    outputs: (g, { outputs }) => {
      const [planes] = outputs.values()
      expect('the output', planes?.shape, height, width, REGION_PLANES.length)
      g.output(OUTPUTS.regions, g.op('Transpose', [planes!], { perm: [0, 3, 1, 2] }))
    },
  })
  return serialise(graph, { opset, name, metadata: { [LUNGS_METADATA]: JSON.stringify(facts) } }).model
}

/** Writes model.onnx, lungs.json and MODEL_CARD.md of a run. @returns the size of model.onnx @throws ConvertError */
export function writeLungs(run: string, out: string): number {
  const facts = readFacts(run)
  const parts = exportLungs(join(run, 'all', 'best'), facts)
  writeWhole(join(out, 'model.onnx'), parts)
  writeWhole(join(out, 'lungs.json'), [json(facts)])
  writeWhole(join(out, 'MODEL_CARD.md'), [new TextEncoder().encode(lungCard(facts))])
  return parts.reduce((sum, part) => sum + part.length, 0)
}
