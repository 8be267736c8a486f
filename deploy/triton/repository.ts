/**
 * `node deploy/triton/repository.ts MODEL OUT`: a Triton model repository from a model folder: OUT/<name>/config.pbtxt and OUT/<name>/1/model.onnx. The
 * configuration is written from the ONNX file itself, so it cannot say anything else than the file does.
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Manifest, parseManifest } from '../../core/src/model/manifest.ts'
import { openSession } from '../../gpu-function/src/session.ts'
import type { TensorInfo } from '../../gpu-function/src/session-messages.ts'

const MAX_BATCH = 16
const USAGE = 'usage: node deploy/triton/repository.ts MODEL OUT'

/** @returns the path of config.pbtxt @throws Error when the model folder cannot be read */
export async function writeRepository(model: string, out: string): Promise<string> {
  const manifest = parseManifest(JSON.parse(readFileSync(join(model, 'manifest.json'), 'utf8')))
  const onnx = Uint8Array.from(readFileSync(join(model, 'model.onnx')))
  const session = await openSession(onnx.buffer, { providers: ['cpu'], threads: 1, maxRows: 1 })
  await session.close()
  const folder = join(out, manifest.name)
  mkdirSync(join(folder, '1'), { recursive: true })
  copyFileSync(join(model, 'model.onnx'), join(folder, '1', 'model.onnx'))
  const config = join(folder, 'config.pbtxt')
  writeFileSync(config, configOf(manifest, session.image, session.outputs))
  return config
}

/** Triton's ModelConfig as text: the batch axis is implied by max_batch_size. */
function configOf({ name }: Manifest, image: TensorInfo, outputs: readonly TensorInfo[]): string {
  const tensor = ({ name: tensorName, datatype, shape }: TensorInfo) =>
    `  { name: "${tensorName}" data_type: TYPE_${datatype} dims: [ ${shape.slice(1).join(', ')} ] }`
  return `name: "${name}"
platform: "onnxruntime_onnx"
max_batch_size: ${MAX_BATCH}
input [
${tensor(image)}
]
output [
${outputs.map(tensor).join(',\n')}
]
instance_group [ { kind: KIND_GPU count: 1 } ]
dynamic_batching {
  preferred_batch_size: [ 4, 8, 16 ]
  max_queue_delay_microseconds: 2000
  default_queue_policy {
    timeout_action: REJECT
    default_timeout_microseconds: 2000000
    allow_timeout_override: true
    max_queue_size: 256
  }
}
# The first run of each size searches its kernels: done before the server is ready.
${[1, 4, 8, 16].map((size) => warmUp(size, image)).join('\n')}
`
}

const warmUp = (size: number, { name, datatype, shape }: TensorInfo): string =>
  `model_warmup [ { name: "batch ${size}" batch_size: ${size} inputs { key: "${name}" value { data_type: TYPE_${datatype} dims: [ ${shape.slice(1).join(', ')} ] zero_data: true } } } ]`

if (import.meta.main) {
  const [model, out] = process.argv.slice(2)
  if (!model || !out) {
    console.error(USAGE)
    process.exit(2)
  }
  console.log(await writeRepository(model, out))
}
