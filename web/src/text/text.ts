import { computed } from '@preact/signals'
import { settings } from '../state/settings.ts'
import { de } from './de.ts'
import { en } from './en.ts'
import type { Language, Text } from './words.ts'

export const LANGUAGES: Readonly<Record<Language, Text>> = { en, de }

/** The page's words in the chosen language; reading it in a component follows the choice. */
export const text = computed<Text>(() => LANGUAGES[settings.language.value])
