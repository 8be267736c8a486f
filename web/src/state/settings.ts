import { API_KEY } from '@detl/core/api/api-key'
import type { Language } from '@detl/core/model/classes'
import { effect, signal } from '@preact/signals'

export type Theme = 'auto' | 'light' | 'dark'
/** Where images are scored. */
export type Place = 'endpoint' | 'device'

const KEY = 'detl.key'

/** What the user chose. The key lives in this tab only; the rest is remembered in this browser. */
export const settings = {
  language: signal<Language>(read('detl.language', ['en', 'de'] as const) ?? browserLanguage()),
  theme: signal<Theme>(read('detl.theme', ['auto', 'light', 'dark'] as const) ?? 'auto'),
  place: signal<Place>(read('detl.place', ['endpoint', 'device'] as const) ?? 'endpoint'),
  /** Whether paper says whom an image is of. */
  printPatient: signal(read('detl.printPatient', ['no'] as const) !== 'no'),
  key: signal<string>(sessionStorage.getItem(KEY) ?? ''),
}

/** Reads `#key=…`, takes it out of the address bar, and keeps the settings from now on. */
export function startSettings(): void {
  takeKeyFromAddress()
  window.addEventListener('hashchange', takeKeyFromAddress)
  effect(() => {
    document.documentElement.lang = settings.language.value
    localStorage.setItem('detl.language', settings.language.value)
  })
  effect(() => {
    document.documentElement.dataset.theme = settings.theme.value
    localStorage.setItem('detl.theme', settings.theme.value)
  })
  effect(() => localStorage.setItem('detl.place', settings.place.value))
  effect(() => localStorage.setItem('detl.printPatient', settings.printPatient.value ? 'yes' : 'no'))
  effect(() => {
    if (settings.key.value) sessionStorage.setItem(KEY, settings.key.value)
    else sessionStorage.removeItem(KEY)
  })
}

function takeKeyFromAddress(): void {
  const key = new URLSearchParams(location.hash.slice(1)).get('key')
  if (key === null) return
  history.replaceState(history.state, '', location.pathname + location.search)
  if (API_KEY.test(key)) settings.key.value = key
}

function read<T extends string>(name: string, allowed: readonly T[]): T | undefined {
  const value = localStorage.getItem(name)
  return allowed.find((option) => option === value)
}

function browserLanguage(): Language {
  return navigator.language.toLowerCase().startsWith('de') ? 'de' : 'en'
}
