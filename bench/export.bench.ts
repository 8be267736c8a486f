import { measureConversion } from '../test/export/large-model.ts'
import type { Figure } from './run.ts'

const RUNS = 5

const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b)
const median = (values: readonly number[]): number => sorted(values)[values.length >> 1]!
const quartiles = (values: readonly number[]): number => {
  const list = sorted(values)
  return list[(list.length * 3) >> 2]! - list[list.length >> 2]!
}

/** From model.json and shards to an ONNX file with Grad-CAM: the paper's network at S = 256, 26.0 M parameters, each run in a new process. */
export default async function exporter(): Promise<Record<string, Figure>> {
  const runs = Array.from({ length: RUNS }, () => measureConversion(256))
  const seconds = runs.map((run) => run.seconds / (run.parameters / 1e6))
  const memory = runs.map((run) => run.memory)
  const against = `${(runs[0]!.parameters / 1e6).toFixed(1)} M parameters, with Grad-CAM, files to file`
  return {
    'export.seconds_per_million_parameters': {
      value: median(seconds),
      unit: 's',
      runs: RUNS,
      spread: quartiles(seconds),
      against,
    },
    'export.memory_ratio': {
      value: median(memory),
      unit: 'ratio',
      runs: RUNS,
      spread: quartiles(memory),
      against: 'bytes of the model’s weights; memory that the conversion adds at its peak',
    },
  }
}
