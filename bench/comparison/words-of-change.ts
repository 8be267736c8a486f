/** What a report says of the change since the film before. */
export type Direction = 'better' | 'worse' | 'stable'

const WORDS: Readonly<Record<Direction, RegExp>> = {
  worse:
    /\b(worsen\w*|worse|progress(ed|ion|ive|ing)|increas\w*|more (extensive|dense|severe|prominent|pronounced|widespread)|deteriorat\w*|expanded|evolution towards|new (onset |bilateral |consolidati|infiltrat|opaci|area|patch|ground))/gi,
  better:
    /\b(improv\w*|resol(ved|ution|ving)|regress\w*|decreas\w*|reduc(ed|tion)|clear(ed|ing)|absor(bed|ption)|recover\w*|diminish\w*|less (extensive|dense|severe|prominent|pronounced))/gi,
  stable: /\b(stable|unchanged|no (significant |substantial )?change|similar to|stationary)/gi,
}

/**
 * The direction that a later note names and the earlier one did not: words of one direction alone. A note that both films share says nothing of either, and
 * one with words of two directions is not taken.
 */
export function directionOf(earlierNote: string, laterNote: string): Direction | undefined {
  const told = laterNote.trim()
  if (told === '' || told === earlierNote.trim()) return undefined
  const before = new Set(sentences(earlierNote))
  const own = sentences(told)
    .filter((sentence) => !before.has(sentence))
    .join(' ')
  const found = (Object.keys(WORDS) as Direction[]).filter((direction) => own.match(WORDS[direction]))
  return found.length === 1 ? found[0] : undefined
}

const sentences = (note: string): string[] =>
  note
    .split(/(?<=[.;!?])\s+/)
    .map((sentence) => sentence.trim())
    .filter(Boolean)
