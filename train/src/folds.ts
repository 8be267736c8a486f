import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Member 1 of a fold lies in fold-K, member m in fold-K-mM. */
export const foldName = (fold: number, fromScratch: boolean, member = 1): string =>
  `${fromScratch ? 'scratch-' : ''}fold-${fold}${member > 1 ? `-m${member}` : ''}`

/** Whether a fold was trained without Data-A and not with it: then nothing need be said to tell which is meant. */
export const onlyFromScratch = (out: string, fold: number): boolean =>
  existsSync(join(out, foldName(fold, true))) && !existsSync(join(out, foldName(fold, false)))

/** Folder names of the members of a fold that are trained to the end, from member 1 on without a gap. */
export function trainedMembers(out: string, fold: number, fromScratch: boolean): string[] {
  const names: string[] = []
  for (let member = 1; ; member++) {
    const name = foldName(fold, fromScratch, member)
    if (!existsSync(join(out, name, 'history.json'))) return names
    names.push(name)
  }
}
