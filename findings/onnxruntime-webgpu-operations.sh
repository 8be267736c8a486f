#!/usr/bin/env bash
# ONNX Runtime's WebGPU provider, in onnxruntime-node 1.30.0 on linux/x64, where only operations that it runs are assumed to make a session, and
# a normalisation to give what its definition gives for any finite input.
#   Assumed: what makes a session runs, or falls back to the CPU that is listed behind it. Seen: a MaxPool with indices makes one and throws at every run.
#   Assumed: normalisations are right to float32. Seen: of a bright, nearly flat picture (mean 60000, deviation 20) results of some 1.7 are off by
#   about 0.5 on WebGPU; the CPU provider's GroupNormalization too is off, by 0.16. Scale pixels before you normalise.
# Needs a Vulkan loader and driver; without a GPU, SwiftShader of Debian's chromium. Exits non-zero where something else is seen.
set -euo pipefail
if [[ -f /usr/lib/chromium/vk_swiftshader_icd.json && -z ${VK_DRIVER_FILES:-} ]]; then
  export VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json VK_DRIVER_FILES=/usr/lib/chromium/vk_swiftshader_icd.json
fi
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT
export XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-$dir}
cd "$dir"
echo '{"private":true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts onnxruntime-node@1.30.0 onnx-buf@1.20.0-1 @bufbuild/protobuf@2.17.0
cat >probe.mjs <<'JS'
import { createRequire } from 'node:module'
const require = createRequire(process.cwd() + '/x.js')
const { create, toBinary } = require('@bufbuild/protobuf')
const B = require('onnx-buf')
const ort = require('onnxruntime-node')
ort.env.logLevel = 'fatal'
const tensor = (name, dims) => ({ name, type: { value: { case: 'tensorType', value: { elemType: 1, shape: { dim: dims.map((d) => ({ value: { case: 'dimValue', value: BigInt(d) } })) } } } } })
const ints = (name, v) => ({ name, type: 7, ints: v.map(BigInt) })
const init = (name, v) => ({ name, dims: [BigInt(v.length)], dataType: 1, rawData: new Uint8Array(Float32Array.from(v).buffer) })
const dims = [1, 4, 16, 16]
const model = (node, outDims, initializer = []) => toBinary(B.ModelProtoSchema, create(B.ModelProtoSchema, { irVersion: 10n, opsetImport: [{ domain: '', version: 21n }],
  graph: { name: 'g', node: [node], input: [tensor('x', dims)], output: [tensor('y', outDims)], initializer } }))
const one = [1, 1, 1, 1], zero = [0, 0, 0, 0]
const cases = {
  'MaxPool with indices': model({ opType: 'MaxPool', input: ['x'], output: ['y', 'i'], attribute: [ints('kernel_shape', [2, 2]), ints('strides', [2, 2])] }, [1, 4, 8, 8]),
  InstanceNormalization: model({ opType: 'InstanceNormalization', input: ['x', 's', 'b'], output: ['y'] }, dims, [init('s', one), init('b', zero)]),
  GroupNormalization: model({ opType: 'GroupNormalization', input: ['x', 's', 'b'], output: ['y'], attribute: [{ name: 'num_groups', type: 2, i: 2n }] }, dims, [init('s', one), init('b', zero)]),
  LayerNormalization: model({ opType: 'LayerNormalization', input: ['x', 's'], output: ['y'] }, dims, [init('s', Array(16).fill(1))]),
}
// Pixel-like: a bright, nearly flat picture. mean 60000, deviation some 20.
const x = Float32Array.from({ length: 1024 }, (_, i) => 60000 + ((i * 37) % 71) - 35)
const groups = { InstanceNormalization: 256, GroupNormalization: 512, LayerNormalization: 16 }
function exact(size) {
  return Float64Array.from(x, (v, i) => {
    const part = x.subarray(i - (i % size), i - (i % size) + size)
    const mean = part.reduce((a, b) => a + b, 0) / size
    const variance = part.reduce((a, b) => a + (b - mean) ** 2, 0) / size
    return (v - mean) / Math.sqrt(variance + 1e-5)
  })
}
console.log(`onnxruntime-node ${ort.env.versions.node}, node ${process.version}`)
const seen = {}
for (const [name, bytes] of Object.entries(cases))
  for (const provider of ['cpu', 'webgpu']) {
    let session
    try { session = await ort.InferenceSession.create(bytes, { executionProviders: [provider, 'cpu'], logSeverityLevel: 4 }) } catch (e) { console.log(`${name} ${provider}: no session: ${String(e).slice(0, 100)}`); continue }
    try {
      const { y } = await session.run({ x: new ort.Tensor('float32', x, dims) }, ['y'])
      const size = groups[name]
      const apart = size ? Math.max(...exact(size).map((v, i) => Math.abs(v - y.data[i]))) : 0
      seen[`${name} ${provider}`] = apart
      console.log(`${name} ${provider}: session, run, largest error ${apart.toPrecision(2)}`)
    } catch (e) { seen[`${name} ${provider}`] = 'throws'; console.log(`${name} ${provider}: session, and the run throws: ${String(e).replace(/\s+/g, ' ').slice(-120)}`) }
  }
const wrong = ['InstanceNormalization', 'GroupNormalization', 'LayerNormalization'].every((name) => seen[`${name} webgpu`] > 0.1)
const same = seen['MaxPool with indices webgpu'] === 'throws' && seen['MaxPool with indices cpu'] === 0 && wrong && seen['GroupNormalization cpu'] > 0.05
console.log(same ? 'as stated above' : 'NOT as stated above')
process.exit(same ? 0 : 1)
JS
node probe.mjs
