/**
 * `node bench/unseen/data-at-scale.ts --data DIR --more DIR --out FILE`: writes a data set for `detl train` in which Data-A has all that `--more`
 * has of tier A besides, but for the films that `bench/unseen` judges models on, and Data-B is that of `--data`.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { chosenFilms } from '@detl/train/data/chosen-films'
import { readFolder } from '@detl/train/data/sources/folder'

const { values } = parseArgs({
  options: { data: { type: 'string' }, more: { type: 'string' }, out: { type: 'string' } },
})
const { data, more, out } = values
if (!data || !more || !out) {
  console.error('usage: node bench/unseen/data-at-scale.ts --data DIR --more DIR --out FILE')
  process.exit(2)
}
const tiers = ['A']
const judged = chosenFilms(readFolder(more).records, { tiers, most: 400 })
const leaveOut = judged.flatMap((r) =>
  r.classA === undefined ? [] : [`${basename(resolve(more))}/${r.file}`],
)
const folders = [{ dir: resolve(data) }, { dir: resolve(more), use: 'pretraining', tiers }]
mkdirSync(dirname(out), { recursive: true })
writeFileSync(out, `${JSON.stringify({ folders, leaveOut })}\n`)
console.log(`${out}: ${leaveOut.length} films left out, which models are judged on`)
