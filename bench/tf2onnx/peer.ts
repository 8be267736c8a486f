import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The newest of each that work together: TensorFlow 2.16 and later have Keras 3, which tf2onnx 1.17 cannot read. */
const PACKAGES = ['tf2onnx==1.17.0', 'tensorflow-cpu==2.15.1', 'onnx==1.17.0', 'numpy==1.26.4']
const besideThis = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/**
 * A Python that has tf2onnx: the one that DETL_TF2ONNX_PYTHON names, or a virtual environment made in a temporary folder (half a gigabyte).
 * @throws Error where there is no Python, or pip fails
 */
export function pythonWithTf2onnx(): string {
  const given = process.env.DETL_TF2ONNX_PYTHON
  if (given) return given
  const system = ['/usr/bin/python3', 'python3'].find(
    (path) => spawnSync(path, ['-m', 'venv', '-h']).status === 0,
  )
  if (!system)
    throw new Error(
      'there is no python3 with venv here: install it (Debian: python3-venv), for tf2onnx runs on Python alone',
    )
  const folder = mkdtempSync(join(tmpdir(), 'detl-tf2onnx-'))
  execFileSync(system, ['-m', 'venv', folder])
  const python = join(folder, 'bin/python')
  execFileSync(python, ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', ...PACKAGES], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  return python
}

/** A conversion in a process of its own, from its start to its end. */
export type Conversion =
  | { readonly seconds: number; readonly megabytes: number; readonly peak: number; readonly file: string }
  | { readonly refused: string }

function measured(program: string, args: readonly string[], file: string): Conversion {
  const start = performance.now()
  const env = { ...process.env, CUDA_VISIBLE_DEVICES: '-1', TF_CPP_MIN_LOG_LEVEL: '3' }
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8', env, maxBuffer: 1 << 28 })
  const seconds = (performance.now() - start) / 1000
  if (error) throw error
  const lines = stderr.trim().split('\n')
  const peak = lines.find((line) => line.startsWith('peak '))
  if (status !== 0) {
    const why = lines.filter((line) => line !== peak && /Error|refused|unsupported|detl:/.test(line)).at(-1)
    return { refused: (why ?? lines.at(-1) ?? `exit code ${status}`).slice(0, 160) }
  }
  return { seconds, megabytes: statSync(file).size / 1e6, peak: Number(peak!.slice(5)) / 1024, file }
}

/** tf2onnx's command line. */
export const theirs = (python: string, kind: '--tfjs' | '--keras', model: string, file: string): Conversion =>
  measured(python, [besideThis('peak.py'), kind, model, '--output', file, '--opset', '17'], file)

/** `detl convert`. */
export const ours = (model: string, file: string): Conversion =>
  measured(
    process.execPath,
    ['--import', besideThis('peak.ts'), besideThis('../../cli/bin/detl.mjs'), 'convert', model, file],
    file,
  )

/** Keras's MobileNetV2 in its own form and in tfjs's; see keras-model.py. */
export const writeKerasModel = (python: string, folder: string): void => {
  execFileSync(python, [besideThis('keras-model.py'), folder], {
    env: { ...process.env, CUDA_VISIBLE_DEVICES: '-1', TF_CPP_MIN_LOG_LEVEL: '3' },
  })
}
