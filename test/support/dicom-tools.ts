import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Debian's dicom3tools and dcmtk; tests that need one skip where it is absent. */
export const hasTool = (name: string): boolean => spawnSync('which', [name]).status === 0

/** Runs a tool on a DICOM file; both of its outputs as one text, with its exit code. */
export function runDicomTool(
  tool: string,
  args: readonly string[],
  file: Uint8Array,
): { code: number | null; text: string } {
  const dir = mkdtempSync(join(tmpdir(), 'detl-dicom-'))
  try {
    const path = join(dir, 'object.dcm')
    writeFileSync(path, file)
    const { status, stdout, stderr } = spawnSync(tool, [...args, path], { encoding: 'utf8' })
    return { code: status, text: stdout + stderr }
  } finally {
    rmSync(dir, { recursive: true })
  }
}
