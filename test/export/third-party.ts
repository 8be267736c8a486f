import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const CACHE = fileURLToPath(new URL('../../node_modules/.cache/detl-third-party', import.meta.url))
const require = createRequire(import.meta.url)

/** Unpacks a package of the npm registry into the cache, once; undefined where the registry cannot be reached. */
export function fetchPackage(name: string, version: string): string | undefined {
  const home = join(CACHE, `${name.replace('/', '-')}-${version}`)
  if (existsSync(home)) return home
  mkdirSync(CACHE, { recursive: true })
  const beside = mkdtempSync(join(CACHE, 'part-'))
  try {
    const pack = spawnSync('npm', ['pack', `${name}@${version}`, '--silent', '--ignore-scripts'], {
      cwd: beside,
      timeout: 120_000,
    })
    const [archive] = readdirSync(beside).filter((file) => file.endsWith('.tgz'))
    if (pack.status !== 0 || !archive) return undefined
    if (spawnSync('tar', ['xzf', archive], { cwd: beside }).status !== 0) return undefined
    // Whoever is first puts it there; a second one's copy is the same.
    if (!existsSync(home)) renameSync(join(beside, 'package'), home)
    return home
  } finally {
    rmSync(beside, { recursive: true, force: true })
  }
}

/** nsfwjs ships model.json and shards as CommonJS modules, the bytes in base64: written out as the files that they came from. */
export function unwrapNsfw(home: string, model: string): string {
  const out = join(home, 'unwrapped', model)
  if (existsSync(join(out, 'model.json'))) return out
  mkdirSync(out, { recursive: true })
  const folder = join(home, 'dist/models', model)
  for (const file of readdirSync(folder).filter((name) => name.startsWith('group1')))
    writeFileSync(
      join(out, file.replace('.min.js', '')),
      Buffer.from(require(join(folder, file)) as string, 'base64'),
    )
  writeFileSync(join(out, 'model.json'), JSON.stringify(require(join(folder, 'model.min.js'))))
  return out
}
