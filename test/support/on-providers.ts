import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { ProviderCase, ProviderResult } from './provider-child.ts'
import { softwareVulkan } from './software-vulkan.ts'

/** What WebGPU makes of these files on SwiftShader, beside the CPU. */
export async function onProviders(cases: readonly ProviderCase[]): Promise<ProviderResult[]> {
  const work = mkdtempSync(join(tmpdir(), 'detl-providers-'))
  const vulkan = softwareVulkan()
  try {
    const list = join(work, 'cases.json')
    writeFileSync(list, JSON.stringify(cases))
    const child = fileURLToPath(new URL('provider-child.ts', import.meta.url))
    const env = { ...process.env, ...vulkan }
    const { stdout } = await promisify(execFile)(process.execPath, [child, list], { env, maxBuffer: 2 ** 24 })
    return stdout
      .split('\n')
      .filter((line) => line.startsWith('result '))
      .map((line) => JSON.parse(line.slice('result '.length)) as ProviderResult)
  } finally {
    rmSync(work, { recursive: true })
    rmSync(vulkan.XDG_RUNTIME_DIR!, { recursive: true, force: true })
  }
}
