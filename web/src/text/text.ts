import { type ClassInfo, classNameIn } from '@detl/core/model/classes'
import { computed } from '@preact/signals'
import { settings } from '../state/settings.ts'
import { de } from './de.ts'
import { en } from './en.ts'
import type { Language, Text } from './words.ts'

export const LANGUAGES: Readonly<Record<Language, Text>> = { en, de }

/** The page's words in the chosen language; reading it in a component follows the choice. */
export const text = computed<Text>(() => LANGUAGES[settings.language.value])

/** A class as the page calls it, and what it is in a few words where the page knows. */
export function classWords(classes: readonly ClassInfo[], id: string): { name: string; explained: string } {
  const known = text.value.labels[id]
  if (known) return known
  const info = classes.find((one) => one.id === id)
  const name = info ? classNameIn(info, settings.language.value) : id
  return { name: name.charAt(0).toUpperCase() + name.slice(1), explained: '' }
}
