import { basename, extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { differing, type TrainConfig } from '../config.ts'
import { readJson } from '../data/text-file.ts'

/** Fields of a stage that a recipe need not have. */
const OPTIONAL = ['patience']

/**
 * A recipe of one's own, as what differs from a named one: `{"base": "default", "size": 96, "transfer": {"epochs": 20}}` as JSON, or the
 * same as the default export of a .ts, .mts or .mjs file. It is called after its file unless it has a `name`.
 * @throws Error that names each field that no recipe has, and each of another type
 */
export async function readConfigFile(
  path: string,
  recipes: Readonly<Record<string, () => Promise<TrainConfig>>>,
): Promise<TrainConfig> {
  const content: unknown =
    extname(path) === '.json'
      ? readJson(path)
      : ((await import(pathToFileURL(resolve(path)).href)) as { default?: unknown }).default
  if (!isRecord(content))
    throw new Error(
      `${path} has no object of settings${extname(path) === '.json' ? '' : ' as its default export'}`,
    )
  const { base = 'default', ...changes } = content
  const recipe = typeof base === 'string' ? recipes[base] : undefined
  if (!recipe)
    throw new Error(
      `${path}: base is ${JSON.stringify(base)}; recipes are ${Object.keys(recipes).join(', ')}`,
    )
  const from = await recipe()
  const faults = faultsOf(changes, from as unknown as Fields, '')
  if (faults.length > 0) throw new Error(`${path}: ${faults.join('; ')}`)
  return differing(from, { name: basename(path, extname(path)), ...changes })
}

type Fields = Readonly<Record<string, unknown>>
const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function faultsOf(changes: Fields, known: Fields, at: string): string[] {
  return Object.entries(changes).flatMap(([key, value]) => {
    const name = at + key
    if (OPTIONAL.includes(key) && 'epochs' in known)
      return typeof value === 'number' ? [] : [`${name} is ${JSON.stringify(value)}, not a number`]
    if (!(key in known)) return [`there is no setting ${name}; there are ${Object.keys(known).join(', ')}`]
    const own = known[key]
    if (isRecord(value) && 'kind' in value) return [] // another optimiser has other fields
    if (isRecord(own) && isRecord(value)) return faultsOf(value, own, `${name}.`)
    return typeof value === typeof own ? [] : [`${name} is ${JSON.stringify(value)}, not a ${typeof own}`]
  })
}
