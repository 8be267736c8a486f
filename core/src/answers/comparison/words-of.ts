import type { Language } from '../../model/classes.ts'
import type { ComparisonWords } from './words.ts'
import { de } from './words-de.ts'
import { en } from './words-en.ts'

const WORDS: Readonly<Record<Language, ComparisonWords>> = { en, de }

export const comparisonWordsOf = (language: Language): ComparisonWords => WORDS[language]
