/**
 * `npm run check` runs this: imports as `rules.ts` allows them, no circle of imports (types included),
 * no chain of imports inside one room longer than `LONGEST_CHAIN` files, few long functions and no long file.
 */
import { globSync, readFileSync } from 'node:fs'
import { cruise, type ICruiseResult, type IModule } from 'dependency-cruiser'
import { importRules, ROOMS } from './rules.ts'

/** Files from one that nobody imports down to one that imports nobody, within a room. */
const LONGEST_CHAIN = 8
/** Functions over 60 lines that say why, in a suppression of Biome's rule. */
const LONG_FUNCTIONS = 8
/** Lines of a file that is neither generated nor a table of texts. */
const LONGEST_FILE = 300
/** The contract's types, and tables that grow by a row for each text: the page's words, the problems. */
const GENERATED_OR_TEXTS = /^(core\/src\/api\/(contract|problem)\.ts|web\/src\/text\/)/

const { output } = await cruise(
  ROOMS.map((room) => `${room}/src`),
  { ...importRules.options, ruleSet: { forbidden: importRules.forbidden }, validate: true },
)
const { modules, summary } = output as ICruiseResult

const faults = summary.violations.map(({ rule, from, to, cycle }) =>
  cycle
    ? `${rule.name}: ${[from, ...cycle.map((step) => step.name)].join(' → ')}`
    : `${rule.name}: ${from} → ${to}`,
)
for (const room of ROOMS) {
  const chain = longestChain(modules.filter(({ source }) => source.startsWith(`${room}/`)))
  console.log(`${room}: ${chain.length} files in the longest chain of imports`)
  if (chain.length > LONGEST_CHAIN)
    faults.push(`chain of ${chain.length} files, at most ${LONGEST_CHAIN}: ${chain.join(' → ')}`)
}

const sources = ROOMS.flatMap((room) =>
  globSync(`${room}/src/**/*.{ts,tsx}`).map((file) => ({ file, text: readFileSync(file, 'utf8') })),
)
const long = sources.flatMap(({ file, text }) =>
  text
    .split('biome-ignore lint/complexity/noExcessiveLinesPerFunction')
    .slice(1)
    .map(() => file),
)
if (long.length > LONG_FUNCTIONS)
  faults.push(`${long.length} functions over 60 lines, at most ${LONG_FUNCTIONS}: ${long.join(', ')}`)
const tests = globSync('{test,bench}/**/*.{ts,tsx}').map((file) => ({
  file,
  text: readFileSync(file, 'utf8'),
}))
for (const { file, text } of [...sources, ...tests]) {
  const lines = text.split('\n').length - 1
  if (lines > LONGEST_FILE && !GENERATED_OR_TEXTS.test(file))
    faults.push(`${file} has ${lines} lines, at most ${LONGEST_FILE}`)
}
for (const fault of faults) console.error(fault)
process.exitCode = faults.length ? 1 : 0

/** The longest way along imports. Circles are faults of their own: a file that is on the way already ends it. */
function longestChain(room: readonly IModule[]): string[] {
  const importsOf = new Map(room.map((m) => [m.source, m.dependencies.map((d) => d.resolved)]))
  const known = new Map<string, string[]>()
  const onTheWay = new Set<string>()
  const from = (file: string): string[] => {
    const found = known.get(file)
    if (found) return found
    onTheWay.add(file)
    const below = (importsOf.get(file) ?? []).filter((next) => importsOf.has(next) && !onTheWay.has(next))
    const chain = [file, ...below.map(from).reduce<string[]>(longer, [])]
    onTheWay.delete(file)
    known.set(file, chain)
    return chain
  }
  return [...importsOf.keys()].map(from).reduce<string[]>(longer, [])
}

function longer(a: string[], b: string[]): string[] {
  return b.length > a.length ? b : a
}
