import { OPSETS, PASSES } from './convert.ts'
import { CONVERT_ERRORS } from './errors.ts'
import { CAM_METHODS } from './gradcam.ts'
import { VJPS } from './gradients/vjp.ts'
import { activationOps } from './ops/activation.ts'
import type { Family } from './ops/context.ts'
import { convOps } from './ops/conv.ts'
import { denseOps } from './ops/dense.ts'
import { identityOps } from './ops/identity.ts'
import { mergeOps } from './ops/merge.ts'
import { normOps } from './ops/norm.ts'
import { poolOps } from './ops/pool.ts'
import { preprocessingOps } from './ops/preprocessing.ts'
import { recurrentOps } from './ops/recurrent.ts'
import { shapeOps } from './ops/shape.ts'
import { REFUSED } from './ops/table.ts'

const FAMILIES: readonly [string, Family][] = [
  ['Dense', denseOps],
  ['Convolutions', convOps],
  ['Pooling', poolOps],
  ['Normalisation', normOps],
  ['Activations', activationOps],
  ['Merging', mergeOps],
  ['Shapes, padding, embedding, masking', shapeOps],
  ['Recurrent layers and wrappers', recurrentOps],
  ['Preprocessing', preprocessingOps],
  ['Training only', identityOps],
]

const rows = (family: Family): string =>
  Object.entries(family)
    .map(([name, { notes }]) => `| \`${name}\` | lowered | ${notes ?? ''} |`)
    .join('\n')

/** The support page, from the tables that the converter itself uses. */
export function supportPage(): string {
  const sections = FAMILIES.map(
    ([title, family]) => `### ${title}\n\n| class | | options |\n|---|---|---|\n${rows(family)}\n`,
  )
  const refused = Object.entries(REFUSED).map(([name, why]) => `| \`${name}\` | refused | ${why} |`)
  const errors = Object.entries(CONVERT_ERRORS).map(([code, title]) => `| \`${code}\` | ${title} |`)
  return `# What converts to ONNX

Generated from the tables in \`export/src\` by \`npm run support-page -w export\`; a test fails if it is stale.

A tfjs LayersModel: Sequential or functional, with nested models, shared layers, several inputs and outputs. Weights as float32, or quantised to
uint8, uint16 or float16. Output: operation sets ${OPSETS.oldest} to ${OPSETS.newest}. tfjs GraphModels are refused.

## Layers

Every layer class that tfjs-layers 4.22 deserialises. Options that are not named are those that change nothing at inference (initialisers, regularisers, constraints).

| class | | options |
|---|---|---|
| \`Sequential\`, \`Functional\`, \`Model\` | lowered | at any depth |
| \`InputLayer\` | lowered | the batch, and spatial sizes where layers allow it, may be free |

${sections.join('\n')}
### Refused

| class | | why |
|---|---|---|
${refused.join('\n')}

Any other class is a custom layer and refused by name.

## Grad-CAM

Methods: ${CAM_METHODS.map((name) => `\`${name}\``).join(', ')}. Gradients exist for these operations between the explained layer and the scores:
${Object.keys(VJPS)
  .map((name) => `\`${name}\``)
  .join(', ')}.

## Passes

Each can be left out (\`without\` in \`ConvertOptions\`): ${PASSES.map((name) => `\`${name}\``).join(', ')}.

## Errors

| code | |
|---|---|
${errors.join('\n')}
`
}
