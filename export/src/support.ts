import { CAM_METHODS } from '@detl/core/cam/methods'
import { OPSETS, PASSES } from './convert.ts'
import { CONVERT_ERRORS } from './errors.ts'
import { withGradient } from './gradients/backward.ts'
import type { Family, Row } from './lowering/context.ts'
import { FAMILIES, LAYERS } from './lowering/table.ts'
import type { NodeFamily } from './node-lowering/context.ts'
import { NODE_FAMILIES } from './node-lowering/table.ts'
import type { Operation } from './onnx/operation.ts'
import { OPERATIONS } from './onnx/table.ts'

const rowsWhere = (rows: Family['rows'], wanted: (row: Row) => boolean): [string, Row][] =>
  Object.entries(rows).filter(([, row]) => wanted(row))

const lowered = (family: Family): string =>
  rowsWhere(family.rows, ({ refused }) => refused === undefined)
    .map(([name, { notes }]) => `| \`${name}\` | lowered | ${notes ?? ''} |`)
    .join('\n')

const AXES = {
  each: 'any',
  broadcast: 'the same on both operands',
  'onto-first': 'the same on both operands',
}
const yes = (value: unknown): string => (value ? 'yes' : '')

const operation = ([name, row]: [string, Operation]): string => {
  const axes = typeof row.axes === 'string' ? AXES[row.axes] : row.axes ? 'with its axes renamed' : ''
  return `| \`${name}\` | ${yes(row.gradient)} | ${yes(row.fold)} | ${axes} | ${row.since ?? ''} |`
}

const nodes = (family: NodeFamily): string =>
  Object.entries(family.rows)
    .map(([name, { notes, refused }]) => `| \`${name}\` | ${refused ?? notes ?? ''} |`)
    .join('\n')

/** The support page, from the tables that the converter itself uses. */
export function supportPage(): string {
  const sections = FAMILIES.map(
    (family) => `### ${family.title}\n\n| class | | options |\n|---|---|---|\n${lowered(family)}\n`,
  )
  const refused = rowsWhere(LAYERS, (row) => row.refused !== undefined).map(
    ([name, row]) => `| \`${name}\` | refused | ${row.refused} |`,
  )
  const operations = NODE_FAMILIES.map(
    (family) => `### ${family.title}\n\n| operation | |\n|---|---|\n${nodes(family)}\n`,
  )
  const errors = Object.entries(CONVERT_ERRORS).map(([code, title]) => `| \`${code}\` | ${title} |`)
  return `# What converts to ONNX

Generated from the tables in \`export/src\` by \`npm run support-page -w export\`; a test fails if it is stale.

A tfjs LayersModel: Sequential or functional, with nested models, shared layers, several inputs and outputs. A tfjs GraphModel without loops and branches. Weights as float32, or
quantised to uint8, uint16 or float16, which they stay with \`keepQuantized\`. Output: operation sets ${OPSETS.oldest} to ${OPSETS.newest}.

## Layers

Every layer class that tfjs-layers 4.22 deserialises, and those of Keras 3 that are named here: a file of Keras 3 is read with Keras 3's meaning of names and numbers. Options that
are not named are those that change nothing at inference (initialisers, regularisers, constraints); an option that no lowering reads is refused, never dropped.

| class | | options |
|---|---|---|
| \`Sequential\`, \`Functional\`, \`Model\` | lowered | at any depth |
| \`InputLayer\` | lowered | the batch, and spatial sizes where layers allow it, may be free |

${sections.join('\n')}
### Refused layers

| class | | why |
|---|---|---|
${refused.join('\n')}

Any other class is a custom layer and refused by name.

## Operations of GraphModels

TensorFlow's operations as tfjs-converter 4.22 writes them. What an operation needs to know (axes, sizes, paddings) may be computed in the graph from the sizes of the inputs; free sizes beside
the batch are given with \`--input-size\`. An attribute that no lowering reads is refused, never dropped. A model with an operation that is refused or not here is refused, and all of them are named.

${operations.join('\n')}
## Grad-CAM

Methods: ${CAM_METHODS.map((name) => `\`${name}\``).join(', ')}. Gradients exist for these operations between the explained layer and the scores:
${withGradient()
  .map((name) => `\`${name}\``)
  .join(', ')}.

## Operations

What the converter writes, from the table in \`export/src/onnx\`: whether a gradient passes, whether it is computed at export where its inputs are constants, which transposes
may pass it, and the operation set that first has it, where that is later than ${OPSETS.oldest}. Those that end in \`Grad\` or \`To\`, and \`ExpandBatch\`, are written as others.

| operation | gradient | folded | transposes pass | since |
|---|---|---|---|---|
${Object.entries(OPERATIONS).map(operation).join('\n')}

## Passes

Each can be left out (\`without\` in \`ConvertOptions\`): ${PASSES.map((name) => `\`${name}\``).join(', ')}.

## Errors

| code | |
|---|---|
${errors.join('\n')}
`
}
