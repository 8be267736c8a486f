#!/usr/bin/env bash
# Most people assume: onnxruntime-web loads a model whose weights lie in a file beside it (externalData) as long as they fit the 4 GiB of WebAssembly's memory.
# Seen with onnxruntime-web 1.30.0 (WebAssembly, in Node 22): how large the pieces are decides. Each matrix is packed into a second copy, a little larger, so that the place of the first one,
# which is freed, serves no later copy: 3.75 GiB in pieces of 64 MiB load, 3 GiB in pieces of 512 MiB end in std::bad_alloc. With session.disable_prepacking=1 they load.
# Takes some 8 GB of memory. Exits with 1 once that changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts onnxruntime-web@1.30.0 onnx-buf@1.20.0-1 @bufbuild/protobuf@2.17.0
cat > run.mjs <<'JS'
import { readFileSync } from 'node:fs'
import { create, toBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema } from 'onnx-buf'
import * as ort from 'onnxruntime-web/wasm'
const [MIB, ROWS] = [2 ** 20, 4096]
const info = (name, sizes) => ({ name, type: { value: { case: 'tensorType', value: { elemType: 1,
  shape: { dim: sizes.map((n) => ({ value: { case: 'dimValue', value: BigInt(n) } })) } } } } })
/** The sum of x · w for each of the matrices w, whose data lie behind one another in a file. */
function model(pieces, piece) {
  const columns = (piece * MIB) / 4 / ROWS
  const entry = (key, value) => ({ key, value: String(value) })
  const initializer = Array.from({ length: pieces }, (_, i) => ({ name: `w${i}`, dataType: 1, dims: [ROWS, columns].map(BigInt), dataLocation: 1,
    externalData: [entry('location', 'w.data'), entry('offset', i * piece * MIB), entry('length', piece * MIB)] }))
  const node = initializer.flatMap(({ name }, i) => [
    { opType: 'MatMul', input: ['x', name], output: [`p${i}`] },
    { opType: 'Add', input: [i === 0 ? `p${i}` : `s${i - 1}`, `p${i}`], output: [i === pieces - 1 ? 'y' : `s${i}`] }])
  return toBinary(ModelProtoSchema, create(ModelProtoSchema, { irVersion: 8n, opsetImport: [{ version: 17n }],
    graph: { name: 'g', input: [info('x', [1, ROWS])], output: [info('y', [1, columns])], initializer, node } }))
}
async function loads(total, piece, extra) {
  const data = new Uint8Array(total * MIB)
  try {
    const session = await ort.InferenceSession.create(model(total / piece, piece), { externalData: [{ path: 'w.data', data }], logSeverityLevel: 4, ...(extra && { extra }) })
    await session.run({ x: new ort.Tensor('float32', new Float32Array(ROWS), [1, ROWS]) })
    return 'loads and runs'
  } catch (error) { return String(error.message).includes('bad_alloc') ? 'std::bad_alloc' : String(error.message) }
}
const { version } = JSON.parse(readFileSync('node_modules/onnxruntime-web/package.json', 'utf8'))
const [, , total, piece, packing] = process.argv
const seen = await loads(Number(total), Number(piece), packing === 'no-packing' ? { session: { disable_prepacking: '1' } } : undefined)
console.log(`onnxruntime-web ${version}, ${total} MiB of weights in pieces of ${piece} MiB${packing ? ', not packed' : ''}: ${seen}`)
JS
# A process each: WebAssembly's memory never shrinks.
{ node run.mjs 3840 64; node run.mjs 3072 512; node run.mjs 3072 512 no-packing; } | tee seen
grep -q '3840 MiB .*loads and runs' seen && grep -q '3072 MiB .*pieces of 512 MiB: std::bad_alloc' seen && grep -q 'not packed: loads and runs' seen
