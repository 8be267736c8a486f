import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const PYTHON = '/usr/bin/python3'

/** Why ONNX's own checker (Debian's python3-onnx) cannot run here, or undefined. */
export const checkerMissing: string | undefined =
  spawnSync(PYTHON, ['-c', 'import onnx']).status === 0 ? undefined : 'python3-onnx is not installed'

/** Runs `onnx.checker.check_model(full_check=True)`; returns its complaint, or '' if there is none. */
export function complaintOf(bytes: Uint8Array): string {
  const dir = mkdtempSync(join(tmpdir(), 'detl-check-'))
  try {
    const path = join(dir, 'model.onnx')
    writeFileSync(path, bytes)
    const script = 'import onnx, sys; onnx.checker.check_model(onnx.load(sys.argv[1]), full_check=True)'
    const { status, stderr } = spawnSync(PYTHON, ['-c', script, path], { encoding: 'utf8' })
    return status === 0 ? '' : stderr
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
