import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A Python with a newer `onnx` than Debian's, where DETL_ONNX_PYTHON names one (`.ci/run` makes it), or else the system's. */
const PYTHON = process.env.DETL_ONNX_PYTHON ?? '/usr/bin/python3'

/** The operation sets that it knows begin with the exporter's oldest; Debian 12's onnx 1.12 ends there. */
const probe = spawnSync(PYTHON, ['-c', 'import onnx; print(onnx.defs.onnx_opset_version())'], {
  encoding: 'utf8',
})

/** Why ONNX's own checker cannot run here, or undefined. */
export const checkerMissing: string | undefined =
  probe.status === 0 ? undefined : 'the Python package onnx is not installed'

/** Why files of all operation sets cannot be checked here, or undefined. */
export const newCheckerMissing: string | undefined =
  probe.status === 0 && Number(probe.stdout) >= 22
    ? undefined
    : 'no Python has an onnx that knows operation set 22 (DETL_ONNX_PYTHON)'

const SCRIPT = `
import json, sys, onnx
from onnx import shape_inference
wrong = {}
for one in json.load(open(sys.argv[1])):
    try:
        model = onnx.load(one['model'])
        onnx.checker.check_model(model, full_check=True)
        shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    except Exception as error:
        wrong[one['name']] = str(error)
print(json.dumps(wrong))`

/** The complaints of `onnx.checker.check_model(full_check=True)` and of strict shape inference, by the names of files that have some. */
export async function complaintsOf(
  files: readonly { readonly name: string; readonly model: string }[],
): Promise<Record<string, string>> {
  const dir = mkdtempSync(join(tmpdir(), 'detl-check-'))
  try {
    const list = join(dir, 'files.json')
    writeFileSync(list, JSON.stringify(files))
    const { stdout } = await promisify(execFile)(PYTHON, ['-c', SCRIPT, list], { maxBuffer: 2 ** 26 })
    return JSON.parse(stdout) as Record<string, string>
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** What the checker says of a file; '' where it says nothing. */
export function complaintOf(bytes: Uint8Array): string {
  const dir = mkdtempSync(join(tmpdir(), 'detl-check-'))
  try {
    const [model, list] = [join(dir, 'model.onnx'), join(dir, 'files.json')]
    writeFileSync(model, bytes)
    writeFileSync(list, JSON.stringify([{ name: 'model', model }]))
    const { status, stdout, stderr } = spawnSync(PYTHON, ['-c', SCRIPT, list], { encoding: 'utf8' })
    return status === 0 ? ((JSON.parse(stdout) as Record<string, string>).model ?? '') : stderr
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
