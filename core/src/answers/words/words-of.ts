import type { Language } from '../../model/classes.ts'
import { de } from './de.ts'
import { en } from './en.ts'
import type { AnswerWords } from './words.ts'

const WORDS: Readonly<Record<Language, AnswerWords>> = { en, de }

/** The words of answers in a language. */
export const wordsOf = (language: Language): AnswerWords => WORDS[language]
