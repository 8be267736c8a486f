import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** tfjs-converter's shard size. */
const SHARD = 4 << 20

/** Writes the paper's network for S × S as model.json and shards, without tfjs; returns its bytes of weights. */
function writeModel(dir: string, size: number): number {
  const filters = [32, 32, 64, 64, 128, 128]
  const layers: object[] = []
  const weights: { name: string; shape: number[]; dtype: string }[] = []
  let [side, channels] = [size, 1]
  filters.forEach((count, i) => {
    const name = `conv${i + 1}`
    const first = i === 0 ? { batch_input_shape: [null, size, size, 1] } : {}
    layers.push({
      class_name: 'Conv2D',
      config: { name, filters: count, kernel_size: [3, 3], padding: 'valid', activation: 'relu', ...first },
    })
    weights.push(
      { name: `${name}/kernel`, shape: [3, 3, channels, count], dtype: 'float32' },
      { name: `${name}/bias`, shape: [count], dtype: 'float32' },
    )
    channels = count
    side -= 2
    if (i % 2 === 0) return
    layers.push({
      class_name: 'MaxPooling2D',
      config: { name: `pool${i}`, pool_size: [2, 2], padding: 'valid' },
    })
    side = Math.floor(side / 2)
  })
  layers.push({ class_name: 'Flatten', config: { name: 'flatten' } })
  let units = side * side * channels
  ;[256, 128, 4].forEach((count, i) => {
    const name = `dense${i + 1}`
    layers.push({
      class_name: 'Dense',
      config: { name, units: count, activation: i === 2 ? 'softmax' : 'relu' },
    })
    weights.push(
      { name: `${name}/kernel`, shape: [units, count], dtype: 'float32' },
      { name: `${name}/bias`, shape: [count], dtype: 'float32' },
    )
    units = count
  })
  const total = weights.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)
  const data = new Float32Array(total)
  for (let i = 0; i < total; i++) data[i] = (((i * 2654435761) >>> 0) / 2 ** 32 - 0.5) * 0.02
  const bytes = new Uint8Array(data.buffer)
  const paths: string[] = []
  for (let at = 0; at < bytes.length; at += SHARD) {
    paths.push(`group1-shard${paths.length + 1}.bin`)
    writeFileSync(join(dir, paths.at(-1)!), bytes.subarray(at, at + SHARD))
  }
  const modelTopology = { class_name: 'Sequential', config: { name: 'detl12', layers } }
  writeFileSync(
    join(dir, 'model.json'),
    JSON.stringify({ modelTopology, weightsManifest: [{ paths, weights }] }),
  )
  return bytes.length
}

export interface Conversion {
  readonly seconds: number
  readonly parameters: number
  /** Resident memory that the conversion added at its peak ÷ size of the model. */
  readonly memory: number
  /** Size of the ONNX file ÷ size of the model. */
  readonly file: number
}

/** Converts the paper's network for S × S in a process of its own. */
export function measureConversion(size: number, dtype: 'fp32' | 'fp16' = 'fp32'): Conversion {
  const dir = mkdtempSync(join(tmpdir(), 'detl-large-'))
  const small = mkdtempSync(join(tmpdir(), 'detl-small-'))
  try {
    const bytes = writeModel(dir, size)
    writeModel(small, 48)
    const out = join(dir, 'model.onnx')
    const child = fileURLToPath(new URL('./convert-child.ts', import.meta.url))
    const line = execFileSync(process.execPath, [child, dir, out, small, dtype], { encoding: 'utf8' })
    const { seconds, before, peak } = JSON.parse(line) as { seconds: number; before: number; peak: number }
    return {
      seconds,
      parameters: bytes / 4,
      memory: (peak - before) / bytes,
      file: statSync(out).size / bytes,
    }
  } finally {
    for (const folder of [dir, small]) rmSync(folder, { recursive: true, force: true })
  }
}
