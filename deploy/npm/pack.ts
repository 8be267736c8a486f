/**
 * Makes the packages of `packages.ts` for npm: JavaScript modules, declarations and source maps by the compiler, a package.json with what
 * the code imports, LICENSE and README. Nothing is published here.
 *
 *     node deploy/npm/pack.ts OUT        # folders OUT/core, OUT/codecs, …
 */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type NpmPackage, PACKAGES } from './packages.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** What follows `from`, `import` or `import(` in TypeScript and what is made of it. */
const SPECIFIER = /(\bfrom\s*|\bimport\s*\(?\s*)(['"])([^'"\n]+)\2/g
const json = (file: string) => JSON.parse(readFileSync(join(ROOT, file), 'utf8'))

const out = resolve(process.argv[2] ?? fail('Say where: node deploy/npm/pack.ts OUT'))
const built = mkdtempSync(join(tmpdir(), 'detl-npm-'))
try {
  const closures = PACKAGES.map((row) => closureOf(sourcesOf(row)))
  compile([...new Set(closures.flat())])
  for (const [i, row] of PACKAGES.entries()) writePackage(row, closures[i]!)
} finally {
  rmSync(built, { recursive: true })
}

function fail(why: string): never {
  console.error(why)
  process.exit(2)
}

function sourcesOf({ entries }: NpmPackage): string[] {
  return Object.values(entries).flatMap((entry) =>
    typeof entry === 'string' ? [entry] : Object.values(entry),
  )
}

/** The sources that these import, types included, as paths from the root. */
function closureOf(entries: readonly string[]): string[] {
  const seen = new Set(entries)
  for (const file of seen) {
    for (const [, , , name] of readFileSync(join(ROOT, file), 'utf8').matchAll(SPECIFIER)) {
      const source = ownSource(name!, file)
      if (source?.endsWith('.ts')) seen.add(source)
    }
  }
  return [...seen]
}

/** The source behind a name that a file of ours imports; undefined where it is not ours. */
function ownSource(name: string, from: string): string | undefined {
  if (name.startsWith('.')) return join(dirname(from), name)
  const [, room, path] = /^@detl\/([a-z-]+)\/(.+)$/.exec(name) ?? []
  const source = `${room}/src/${path}.ts`
  return room && existsSync(join(ROOT, source)) ? source : undefined
}

/** Where a source lies in a package, below `dist`. */
function placeOf(source: string): string {
  return source.replace('/src/', '/').replace('deploy/npm/public/', 'public/')
}

function compile(files: readonly string[]): void {
  const config = {
    extends: join(ROOT, 'tsconfig.base.json'),
    compilerOptions: {
      composite: false,
      incremental: false,
      tsBuildInfoFile: null,
      emitDeclarationOnly: false,
      rewriteRelativeImportExtensions: true,
      declaration: true,
      sourceMap: true,
      inlineSources: true,
      noCheck: true, // `npm run check` checks
      rootDir: ROOT,
      outDir: built,
      lib: ['ES2023', 'DOM', 'DOM.Iterable'],
      types: ['node'],
      typeRoots: [join(ROOT, 'node_modules/@types')],
    },
    files: files.map((file) => join(ROOT, file)),
  }
  const path = join(built, 'tsconfig.json')
  writeFileSync(path, JSON.stringify(config))
  execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', path], {
    stdio: 'inherit',
  })
}

function writePackage(row: NpmPackage, closure: readonly string[]): void {
  const folder = join(out, row.room)
  rmSync(folder, { recursive: true, force: true })
  const imported = new Set<string>()
  for (const source of closure) {
    for (const [extension, made] of [
      ['.js', '.js'],
      ['.d.ts', '.d.ts'],
      ['.js.map', '.js.map'],
    ] as const) {
      const from = join(built, source.replace(/\.ts$/, extension))
      if (!existsSync(from)) continue // a file of types alone has no code
      const to = join(folder, 'dist', placeOf(source).replace(/\.ts$/, made))
      mkdirSync(dirname(to), { recursive: true })
      const text = readFileSync(from, 'utf8')
      writeFileSync(to, extension === '.js.map' ? text : relinked(text, source, imported))
    }
  }
  for (const [name, file] of Object.entries(row.files ?? {}))
    cpSync(join(ROOT, file), join(folder, 'dist', name))
  cpSync(join(ROOT, 'LICENSE'), join(folder, 'LICENSE'))
  cpSync(join(ROOT, row.room, 'README.md'), join(folder, 'README.md'))
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifestOf(row, imported), null, 2)}\n`)
}

/** The text with our own imports as relative paths to what was made; the names of the others are gathered. */
function relinked(text: string, source: string, imported: Set<string>): string {
  return text.replaceAll(SPECIFIER, (whole, before: string, quote: string, name: string) => {
    const own = ownSource(name.replace(/\.js$/, '.ts'), source)
    if (!own) {
      imported.add(name)
      return whole
    }
    const path = relative(dirname(placeOf(source)), placeOf(own)).replace(/\.ts$/, '.js')
    return `${before}${quote}${path.startsWith('.') ? path : `./${path}`}${quote}`
  })
}

function manifestOf(row: NpmPackage, imported: ReadonlySet<string>) {
  const { name, version, description, license, dependencies } = json(`${row.room}/package.json`)
  const target = (source: string) => `./dist/${placeOf(source).replace(/\.ts$/, '')}`
  const typed = (source: string) => ({ types: `${target(source)}.d.ts`, default: `${target(source)}.js` })
  const exported = Object.entries(row.entries).map(([path, entry]) => [
    path,
    typeof entry === 'string'
      ? typed(entry)
      : Object.fromEntries(Object.entries(entry).map(([condition, source]) => [condition, typed(source)])),
  ])
  const packages = new Set(
    [...imported]
      .filter((specifier) => !specifier.startsWith('node:') && !specifier.startsWith(`${name}/`))
      .map((specifier) =>
        specifier
          .split('/')
          .slice(0, specifier.startsWith('@') ? 2 : 1)
          .join('/'),
      ),
  )
  const ranges = (names: readonly string[]) =>
    Object.fromEntries(names.toSorted().map((each) => [each, `^${versionOf(each, dependencies)}`]))
  const optional = [...packages].filter((each) => row.optional?.includes(each))
  return {
    name,
    version,
    description,
    license,
    type: 'module',
    sideEffects: false,
    engines: { node: '>=20' },
    exports: {
      ...Object.fromEntries(exported),
      ...Object.fromEntries(Object.keys(row.files ?? {}).map((path) => [path, `./dist/${path.slice(2)}`])),
      './package.json': './package.json',
    },
    files: ['dist'],
    dependencies: ranges([...packages].filter((each) => !optional.includes(each))),
    ...(optional.length > 0 && {
      peerDependencies: ranges(optional),
      peerDependenciesMeta: Object.fromEntries(optional.map((each) => [each, { optional: true }])),
    }),
    publishConfig: { access: 'public', provenance: true },
  }
}

function versionOf(name: string, own: Record<string, string>): string {
  const all = [own, ...PACKAGES.map(({ room }) => json(`${room}/package.json`).dependencies ?? {})]
  return (
    all.map((each) => each[name]).find((version) => version !== undefined) ??
    fail(`Nobody depends on ${name}`)
  )
}
