import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** Builds the page, with the model for scoring on the device, into a folder of its own: another start's page stays as it is. */
export async function buildPage({ modelDir, outDir }: { modelDir: string; outDir: string }): Promise<void> {
  const args = ['run', '--silent', 'build', '--workspace', 'web', '--', '--outDir', outDir, '--emptyOutDir']
  const build = spawn('npm', args, {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, DETL_MODEL: modelDir },
    shell: process.platform === 'win32', // npm is a .cmd there
  })
  const [code] = await once(build, 'exit')
  if (code !== 0) throw new Error('the page could not be built; the reason is above')
}
