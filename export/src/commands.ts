import { existsSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { CAM_METHODS, type CamMethod } from '@detl/core/cam/methods'
import { type ModelFacts, parseFacts } from '@detl/core/model/facts'
import type { Command } from 'commander'
import { exportArtifact } from './artifact.ts'
import { type ConvertOptions, conversionOf, OPSETS } from './convert.ts'
import { ConvertError } from './errors.ts'
import { writeWhole } from './graph/write.ts'
import type { Layers } from './lowering/context.ts'
import type { NodeRows } from './node-lowering/context.ts'
import { dropInt8, int8News } from './quantise/beside.ts'
import { readModel } from './read-path.ts'
import { lungsFor } from './regions/folders.ts'
import { reporting } from './reporting.ts'
import type { Source } from './source.ts'

interface CommonFlags {
  readonly featureMaps: boolean
  readonly opset?: string
  readonly dtype?: 'fp32' | 'fp16'
  readonly camLayer?: string
  readonly camMethod?: CamMethod
  readonly camOutput?: string
  readonly inputSize?: string
}

interface ArtifactFlags {
  readonly out: string
  readonly facts?: string
  readonly opset: string
  readonly dtype: string
  readonly calibrate?: string[]
  readonly featureMaps?: boolean
  readonly lungs?: string | false
}

const oneOf =
  <T extends string>(name: string, choices: readonly T[]) =>
  (value: string): T => {
    const found = choices.find((choice) => choice === value)
    if (found) return found
    throw new ConvertError('unsupported-option', `${name} is "${value}"; supported: ${choices.join(', ')}`)
  }

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

/** The facts of a model: the file that is named, or facts.json beside the model or one folder up, where training leaves it. */
function readFacts(model: string, named: string | undefined): ModelFacts {
  const folder = existsSync(model) && statSync(model).isDirectory() ? model : dirname(model)
  const places =
    named === undefined ? [join(folder, 'facts.json'), join(folder, '..', 'facts.json')] : [named]
  const path = places.find((place) => existsSync(place))
  if (path === undefined)
    throw new ConvertError(
      'manifest-invalid',
      `${places.join(' and ')}: no such file; \`detl train artifact\` writes it, or name another with --facts`,
    )
  try {
    return parseFacts(JSON.parse(readFileSync(path, 'utf8')))
  } catch (cause) {
    throw new ConvertError('manifest-invalid', `${path}: ${(cause as Error).message}`, { cause })
  }
}

/** Turns the model in a folder into one of 8-bit integers, in place. Given by whom decodes images. */
export type QuantiseInPlace = (folder: string, images: readonly string[]) => Promise<void>

/** Adds `convert`, `export` and `verify` to the `detl` command. */
export function addExportCommands(program: Command, quantiseInPlace: QuantiseInPlace): void {
  addConvert(program)
  addExport(program, quantiseInPlace)
  addVerify(program)
}

interface ConvertFlags extends CommonFlags {
  readonly layers?: string
  readonly inputLayout: string
  readonly cam?: boolean
  readonly externalData?: boolean
  readonly keepQuantized?: boolean
  readonly dequantizeLinear?: boolean
}

/** Rows for layer classes, or for the operations of a GraphModel: the default export of a module. */
async function readRows<Rows extends Layers | NodeRows>(path: string): Promise<Rows> {
  try {
    const { default: rows } = (await import(pathToFileURL(resolve(path)).href)) as { default: Rows }
    if (Object.values(rows).every((row) => typeof row.lower === 'function')) return rows
  } catch (cause) {
    throw new ConvertError('unsupported-option', `--layers ${path}: ${(cause as Error).message}`, { cause })
  }
  throw new ConvertError(
    'unsupported-option',
    `--layers ${path}: its default export is not { Name: { lower } }`,
  )
}

/** What a file of lowerings adds to the table of the model's kind. */
async function customRows(source: Source, path: string | undefined): Promise<ConvertOptions> {
  if (path === undefined) return {}
  return 'nodes' in source
    ? { operations: await readRows<NodeRows>(path) }
    : { layers: await readRows<Layers>(path) }
}

async function runConvert(model: string, out: string, flags: ConvertFlags): Promise<void> {
  const wantsCam =
    flags.cam || [flags.camLayer, flags.camMethod, flags.camOutput].some((flag) => flag !== undefined)
  const source = readModel(model)
  const custom = await customRows(source, flags.layers)
  const kept = flags.dequantizeLinear ? 'dequantize' : flags.keepQuantized ? 'fold' : undefined
  const weights = `${out}.data`
  const { parts, data, explained, fitsOnWeb } = conversionOf(source, {
    externalData: { name: basename(weights), when: flags.externalData ? 'always' : 'needed' },
    ...custom,
    opset: Number(flags.opset),
    inputLayout: oneOf('--input-layout', ['nhwc', 'nchw'])(flags.inputLayout),
    dtype: oneOf('--dtype', ['fp32', 'fp16'])(flags.dtype ?? 'fp32'),
    ...(kept && { keepQuantized: kept }),
    ...(flags.inputSize !== undefined && { inputSize: flags.inputSize.split(',').map(Number) }),
    ...(wantsCam && {
      cam: {
        ...(flags.camLayer !== undefined && { layer: flags.camLayer }),
        ...(flags.camOutput !== undefined && { output: flags.camOutput }),
        method: oneOf('--cam-method', CAM_METHODS)(flags.camMethod ?? 'gradcam'),
        featureMaps: flags.featureMaps,
      },
    }),
  })
  if (data.length > 0) writeWhole(weights, data)
  writeWhole(out, parts)
  const sizeOf = (list: readonly Uint8Array[]) => megabytes(list.reduce((sum, part) => sum + part.length, 0))
  const files =
    data.length > 0 ? `${out}: ${sizeOf(parts)}, ${weights}: ${sizeOf(data)}` : `${out}: ${sizeOf(parts)}`
  console.log(explained === undefined ? files : `${files}; Grad-CAM explains "${explained}"`)
  if (!fitsOnWeb)
    console.error(
      `${out}: too large for onnxruntime-web, which needs room in 4 GiB for all weights and the two largest once more${data.length > 0 ? '' : ', and for the file (--external-data takes the weights out of it)'}; onnxruntime-node loads it`,
    )
}

function addConvert(program: Command): void {
  program
    .command('convert')
    .description('any tfjs model, LayersModel or GraphModel, to ONNX')
    .argument('<model>', 'model.json, or the folder that holds it')
    .argument('<out>', 'the ONNX file to write')
    .option('--opset <n>', `ONNX operation set, ${OPSETS.oldest} to ${OPSETS.newest}`, String(OPSETS.oldest))
    .option('--input-layout <layout>', 'nhwc (as tfjs) or nchw', 'nhwc')
    .option('--dtype <type>', 'how weights are stored: fp32 or fp16', 'fp32')
    .option(
      '--keep-quantized',
      'weights stay 8- or 16-bit integers or halves where the file of tfjs has them so',
    )
    .option(
      '--dequantize-linear',
      'the same, with DequantizeLinear: for runtimes that keep integers in memory; ONNX Runtime is slower so',
    )
    .option(
      '--layers <file>',
      'lowerings of custom layers, or of a GraphModel’s custom operations: a module whose default is { Name: { lower } }',
    )
    .option('--external-data', 'weights in a file beside, OUT.data; by itself where they exceed 2 GiB')
    .option('--input-size <sizes>', 'sizes for the free spatial axes of the inputs, as H,W')
    .option('--cam', 'add the outputs cam, cam_weights, feature_maps and logits')
    .option(
      '--cam-layer <name>',
      'the layer to explain (default: the last convolution, after its activation); implies --cam',
    )
    .option(
      '--cam-output <name>',
      'the output whose scores are explained (default: the first); implies --cam',
    )
    .option('--cam-method <method>', `${CAM_METHODS.join(', ')}; implies --cam`)
    .option(
      '--no-feature-maps',
      'leave the output feature_maps out, which costs time whether asked for or not',
    )
    .action(reporting(runConvert))
}

function addExport(program: Command, quantiseInPlace: QuantiseInPlace): void {
  program
    .command('export')
    .description('the screening artefact: ONNX with Grad-CAM, and its manifest')
    .argument('<model>', 'model.json, or the folder that holds it')
    .requiredOption('--out <dir>', 'folder for model.onnx and manifest.json')
    .option('--facts <file>', 'what training wrote of the model (default: facts.json beside it)')
    .option('--opset <n>', `ONNX operation set, ${OPSETS.oldest} to ${OPSETS.newest}`, String(OPSETS.oldest))
    .option('--dtype <type>', 'how weights are stored: fp32, fp16, or int8 (with --calibrate)', 'fp16')
    .option('--calibrate <files...>', 'training images for int8: files or folders')
    .option('--lungs <dir>', 'a network that outlines lungs (default: that of the model in --out)')
    .option('--no-lungs', 'without one, also where the model in --out has one')
    .option('--feature-maps', 'add the output feature_maps, which costs time whether asked for or not')
    .action(
      reporting(async (model: string, flags: ArtifactFlags) => {
        const dtype = oneOf('--dtype', ['fp32', 'fp16', 'int8'])(flags.dtype)
        if ((dtype === 'int8') !== (flags.calibrate !== undefined))
          throw new ConvertError('unsupported-option', '--dtype int8 and --calibrate go together')
        const { int8 } = exportArtifact({
          model,
          out: flags.out,
          facts: readFacts(model, flags.facts),
          opset: Number(flags.opset),
          dtype: dtype === 'int8' ? 'fp16' : dtype,
          featureMaps: flags.featureMaps ?? false,
          lungs: lungsFor(flags.out, flags.lungs),
        })
        if (flags.calibrate) {
          await quantiseInPlace(flags.out, flags.calibrate)
          // What is in integers itself has no second file in integers.
          dropInt8(flags.out)
        }
        const path = join(flags.out, 'model.onnx')
        console.log(`${path}: ${megabytes(statSync(path).size)}`)
        const news = flags.calibrate ? undefined : int8News(int8, flags.out)
        if (news) console.error(news)
      }),
    )
}

function addVerify(program: Command): void {
  program
    .command('verify')
    .description('runs a tfjs model and its ONNX file side by side; exit code 1 beyond the tolerance')
    .argument('<model>', 'model.json, or the folder that holds it')
    .argument('<onnx>', 'the ONNX file')
    .option('--inputs <n>', 'number of random inputs beside the edge cases', '8')
    .option(
      '--tolerance <t>',
      'largest difference, relative to the larger of 1 and the output’s largest value (default: 1e-4; 1e-2 where weights are stored in half precision)',
    )
    .action(
      reporting(async (model: string, onnx: string, flags: { inputs: string; tolerance?: string }) => {
        // It loads tfjs and ONNX Runtime, which a conversion does not need.
        const { verify } = await import('./verify.ts')
        const report = await verify(model, onnx, {
          inputs: Number(flags.inputs),
          ...(flags.tolerance !== undefined && { tolerance: Number(flags.tolerance) }),
        })
        for (const { name, absolute, relative } of report.outputs)
          console.log(
            `${name}: largest difference ${absolute.toExponential(2)} absolute, ${relative.toExponential(2)} relative`,
          )
        for (const note of report.notes) console.log(note)
        if (!report.agrees)
          throw new ConvertError('verify-failed', `differences exceed ${report.tolerance.toExponential(0)}`)
        console.log(`agree within ${report.tolerance.toExponential(0)} on ${report.inputs} inputs`)
      }),
    )
}
