/**
 * `npm run train:gpu-setup`: puts TensorFlow under tfjs.
 *
 * Without options the package's own install step fetches libtensorflow and a binding. Where that is not permitted, as in a
 * hospital without internet, `--libtensorflow DIR` builds the binding against a library that is there: an unpacked
 * libtensorflow archive, or the folder `tensorflow` of an unpacked or installed `tensorflow` wheel, which carries the same
 * C API. Needed then: a C++ compiler. Node's headers come from npm, nothing else is fetched.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

const VERSION = '4.22.0'
const HEADERS = 'node-api-headers@1.9.0'
/** The newest Node-API that the binding knows: package.json of tfjs-node, `napi_versions`. */
const NODE_API = 8
const ROOT = resolve(import.meta.dirname, '../..')

type Library = { libraries: string[]; include: string }

const { values } = parseArgs({
  options: { libtensorflow: { type: 'string' }, cpu: { type: 'boolean', default: false } },
})
const name = values.cpu ? 'tfjs-node' : 'tfjs-node-gpu'
try {
  if (values.libtensorflow === undefined)
    install([`@tensorflow/${name}@${VERSION}`], '--ignore-scripts=false')
  else buildAgainst(findLibrary(resolve(values.libtensorflow)))
  console.log(tried())
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}

/** At the root: `--workspace train` would install nothing, for npm takes an optional peer of a workspace as not wanted. */
function install(packages: readonly string[], ...flags: string[]): void {
  const args = ['install', '--no-save', '--no-audit', '--no-fund', ...flags, ...packages]
  const { status } = spawnSync('npm', args, { cwd: ROOT, stdio: 'inherit' })
  if (status !== 0) throw new Error(`npm ${args.join(' ')} failed: see above`)
}

/** @throws naming what is missing, and what DIR may be */
function findLibrary(dir: string): Library {
  const folders = [dir, join(dir, 'lib'), join(dir, 'tensorflow')]
  const find = (names: readonly string[]) =>
    folders.flatMap((f) => names.map((n) => join(f, n))).find((path) => existsSync(path))
  // The C API: `libtensorflow` has it alone, a wheel's `libtensorflow_cc` with the C++ one.
  const api = find(variants('libtensorflow').concat(variants('libtensorflow_cc')))
  const framework = find(variants('libtensorflow_framework'))
  const include = [...folders, dirname(dir)]
    .map((f) => join(f, 'include'))
    .find((f) => existsSync(join(f, 'tensorflow', 'c', 'eager', 'c_api.h')))
  const missing = [
    !api && 'libtensorflow.so.2 or libtensorflow_cc.so.2',
    !framework && 'libtensorflow_framework.so.2',
    !include && 'include/tensorflow/c/eager/c_api.h',
  ].filter(Boolean)
  if (api && framework && include) return { libraries: [api, framework], include }
  throw new Error(
    `${dir} has no ${missing.join(', no ')}. Give an unpacked libtensorflow archive, or the folder "tensorflow" of a tensorflow wheel of 2.12 or later`,
  )
}

function variants(library: string): string[] {
  return [`${library}.so.2`, `${library}.so`, `${library}.2.dylib`]
}

/** Compiles the package's binding. Libraries and headers are linked to, not copied: a wheel's library has 1 GB. */
function buildAgainst({ libraries, include }: Library): void {
  const compiler = process.env.CXX ?? 'c++'
  if (spawnSync(compiler, ['--version']).error)
    throw new Error(`there is no C++ compiler "${compiler}": install g++ or clang++, or name one in CXX`)
  install([`@tensorflow/${name}@${VERSION}`, HEADERS], '--ignore-scripts')
  const home = packageFolder(`@tensorflow/${name}`)
  const [lib, out] = [join(home, 'deps', 'lib'), join(home, 'lib', `napi-v${NODE_API}`)]
  for (const folder of [lib, out]) {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
  }
  const linked = libraries.map((path) => join(lib, path.slice(dirname(path).length + 1)))
  for (const [i, path] of libraries.entries()) symlinkSync(path, linked[i]!)
  const origin = process.platform === 'darwin' ? '@loader_path' : '$ORIGIN'
  const platform = process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : []
  console.log(`compiling the binding of ${name} ${VERSION} against ${libraries[0]}`)
  execFileSync(
    compiler,
    [
      ...['-O2', '-shared', '-fPIC', '-std=c++17', `-DNAPI_VERSION=${NODE_API}`, ...platform],
      ...[join(packageFolder('node-api-headers'), 'include'), include, home].map((f) => `-I${f}`),
      ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((f) => join(home, 'binding', f)),
      ...['-o', join(out, 'tfjs_binding.node'), ...linked, `-Wl,-rpath,${origin}/../../deps/lib`],
    ],
    { stdio: 'inherit' },
  )
}

/** Whether hoisted or not. */
function packageFolder(packageName: string): string {
  return dirname(createRequire(join(ROOT, 'train', 'package.json')).resolve(`${packageName}/package.json`))
}

/** What works now, found out in a process of its own by a product and its gradient. */
function tried(): string {
  const script = join(import.meta.dirname, 'try-tfjs-node.ts')
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, name], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${name} is installed and does not start:\n${stderr}`)
  const installed = JSON.parse(
    readFileSync(join(packageFolder(`@tensorflow/${name}`), 'package.json'), 'utf8'),
  ) as {
    version: string
  }
  return `${name} ${installed.version} works: ${stdout.trim()}. \`detl train … --backend ${name}\` takes it; \`npm ci\` removes it`
}
