import { computed } from '@preact/signals'
import { settings } from '../state/settings.ts'
import { de } from './de.ts'
import { en, type Text } from './en.ts'

export const LANGUAGES = { en, de } as const
export type Language = keyof typeof LANGUAGES

/** The page's words in the chosen language; reading it in a component follows the choice. */
export const text = computed<Text>(() => LANGUAGES[settings.language.value])

/** 0.0734 → "7 %"; below one percent "< 1 %", so that nothing reads as impossible. */
export function percent(share: number): string {
  if (share > 0 && share < 0.01) return '<\u00a01\u00a0%'
  if (share < 1 && share > 0.99) return '>\u00a099\u00a0%'
  return `${Math.round(share * 100)}\u00a0%`
}
