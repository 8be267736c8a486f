import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** Builds web/dist, which the edge serves, where it is not there yet; `npm start` builds it anew each time. */
export async function buildPage(): Promise<void> {
  if (existsSync(`${ROOT}/web/dist/index.html`)) return
  const build = spawn('npm', ['run', '--silent', 'build', '--workspace', 'web'], {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
  })
  const [code] = await once(build, 'exit')
  if (code !== 0) throw new Error('the page could not be built; the reason is above')
}
