/** What a report says of how much it saw on the film. */
export type Amount = 'little' | 'much'

const OF_THE_FILM =
  /\b(opaci\w*|infiltrat\w*|consolidati\w*|ground[- ]glass|shadow\w*|lungs?|lung fields?|lobes?|x-?rays?|radiograph\w*|cxr|chest film|pneumonia)\b/i

const WORDS: Readonly<Record<Amount, RegExp>> = {
  little:
    /\b(mild(ly)?|minimal(ly)?|subtle|faint|slight(ly)?|small|discrete|unremarkable|normal|clear|no (significant |evident |obvious )?(abnormalit\w+|lesions?|findings|opacit\w+|infiltrat\w+|consolidation))\b/i,
  much: /\b(severe(ly)?|extensive(ly)?|diffuse(ly)?|widespread|massive|marked(ly)?|dense|confluent|multifocal|multilobar|white[- ]?out|ards)\b/i,
}

/** By the sentences that speak of the film: words of one amount alone; a note with both, or with neither, says nothing. */
export function amountOf(note: string): Amount | undefined {
  const told = ofTheFilm(note)
  const [little, much] = [WORDS.little.test(told), WORDS.much.test(told)]
  if (little === much) return undefined
  return much ? 'much' : 'little'
}

/** Whether the report saw something on both sides; undefined where it names no side. */
export function bothSides(note: string): boolean | undefined {
  const told = ofTheFilm(note)
  if (/\bbilateral(ly)?\b|\bboth (lungs|sides|lower|upper)\b/i.test(told)) return true
  return /\b(left|right|unilateral)\b/i.test(told) ? false : undefined
}

const ofTheFilm = (note: string): string =>
  note
    .split(/(?<=[.;!?])\s+/)
    .filter((sentence) => OF_THE_FILM.test(sentence))
    .join(' ')
