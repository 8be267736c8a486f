/**
 * Makes docs/packages.md, one page of reference for what the packages offer, from their docstrings.
 *
 *     node deploy/npm/reference.ts OUT.md
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Application } from 'typedoc'
import { PACKAGES } from './packages.ts'

const HEAD = `# What the packages offer

Generated from docstrings by \`node deploy/npm/reference.ts docs/packages.md\`; a test fails if it is stale. How to begin is in each README:
[@detl/core](../core/README.md), [@detl/codecs](../codecs/README.md), [@detl/client](../client/README.md), [@detl/export](../export/README.md).
`
const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const out = process.argv[2]
if (!out) throw new Error('Say where: node deploy/npm/reference.ts OUT.md')

const work = mkdtempSync(join(tmpdir(), 'detl-reference-'))
try {
  const tsconfig = join(work, 'tsconfig.json')
  writeFileSync(
    tsconfig,
    JSON.stringify({
      extends: join(ROOT, 'tsconfig.base.json'),
      compilerOptions: {
        composite: false,
        incremental: false,
        tsBuildInfoFile: null,
        emitDeclarationOnly: false,
        noEmit: true,
        lib: ['ES2023', 'DOM', 'DOM.Iterable'],
        types: ['node'],
        typeRoots: [join(ROOT, 'node_modules/@types')],
        rootDir: ROOT,
      },
      files: PACKAGES.map(({ entries }) => join(ROOT, rootOf(entries['.']!))),
    }),
  )
  const pages = await Promise.all(
    PACKAGES.map((row) => pageOf(row.room, rootOf(row.entries['.']!), tsconfig)),
  )
  writeFileSync(resolve(out), `${HEAD}\n${pages.join('\n')}`)
} finally {
  rmSync(work, { recursive: true })
}

function rootOf(entry: string | Readonly<Record<string, string>>): string {
  return typeof entry === 'string' ? entry : entry.default!
}

async function pageOf(room: string, entry: string, tsconfig: string): Promise<string> {
  const app = await Application.bootstrapWithPlugins({
    entryPoints: [join(ROOT, entry)],
    tsconfig,
    plugin: ['typedoc-plugin-markdown'],
    readme: 'none',
    disableSources: true,
    excludeInternal: true,
    excludeExternals: true,
    requiredToBeDocumented: ['Class', 'Function', 'Variable', 'Interface', 'TypeAlias'],
    validation: { notDocumented: true, notExported: false, invalidLink: false },
    treatValidationWarningsAsErrors: true,
    skipErrorChecking: true, // `npm run check` checks
    logLevel: 'Warn',
    out: join(work, room),
    ...{
      outputFileStrategy: 'modules',
      hidePageHeader: true,
      hideBreadcrumbs: true,
      useCodeBlocks: true,
      hidePageTitle: true,
    },
  })
  const project = await app.convert()
  if (!project) throw new Error(`${entry}: TypeDoc could not read it`)
  app.validate(project)
  if (app.logger.hasErrors() || app.logger.hasWarnings())
    throw new Error(`${entry}: something that it offers has no docstring`)
  await app.generateOutputs(project)
  const text = readFileSync(join(work, room, 'README.md'), 'utf8')
  return `\n## @detl/${room}\n\n${text.replaceAll(/^#/gm, '##').trim()}\n`
}
