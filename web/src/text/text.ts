import { computed } from '@preact/signals'
import { settings } from '../state/settings.ts'
import { de } from './de.ts'
import { en } from './en.ts'
import type { Text } from './words.ts'

export const LANGUAGES = { en, de } as const
export type Language = keyof typeof LANGUAGES

/** The page's words in the chosen language; reading it in a component follows the choice. */
export const text = computed<Text>(() => LANGUAGES[settings.language.value])
