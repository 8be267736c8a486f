import { execFileSync } from 'node:child_process'
import { existsSync, globSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const BUILT = 'web/dist/index.html'
const SOURCES = [
  'web/{src,build,public,service-worker}/**',
  'web/{index.html,vite.config.ts,package.json}',
  'core/src/**',
  'codecs/{src,raster,libjpeg-turbo}/**',
  'models/*/{manifest.json,model*.onnx}',
  'package-lock.json',
]

/**
 * Vitest's global set-up: the page that the edge serves as static assets, built when it is not there or is older than what it is built
 * from. workerd does not start without it.
 */
export function setup(): void {
  const files = globSync(SOURCES, { cwd: ROOT }).map((file) => statSync(ROOT + file).mtimeMs)
  if (existsSync(ROOT + BUILT) && statSync(ROOT + BUILT).mtimeMs > Math.max(...files)) return
  execFileSync('npm', ['run', '--silent', 'build', '-w', 'web'], { cwd: ROOT, stdio: 'inherit' })
}
