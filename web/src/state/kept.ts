import { effect, signal } from '@preact/signals'
import { createStore, delMany, entries, setMany, type UseStore } from 'idb-keyval'
import { type Item, isFinished, items, selectedId } from './items.ts'

/** A list is for the day's work: what is older is deleted when the page is next opened. */
const KEPT_MS = 24 * 3600 * 1000

/** Why the list is not kept in this browser, where it is not. */
export const notKept = signal<string | undefined>(undefined)

let store: UseStore | undefined

/** Brings back the list of an earlier visit, and keeps it from now on: in this browser alone, until it is cleared or a day old. */
export async function startKept(): Promise<void> {
  try {
    store = createStore('detl-work-list', 'items')
    const known = await entries<string, Item>(store)
    const since = Date.now() - KEPT_MS
    const [old, fresh] = [
      known.filter(([, item]) => item.added < since),
      known.filter(([, item]) => item.added >= since),
    ]
    await delMany(
      old.map(([id]) => id),
      store,
    )
    const back = fresh.map(([, item]) => (isFinished(item) ? item : { ...item, status: 'waiting' as const }))
    if (back.length > 0) {
      items.value = [...back.sort((a, b) => a.added - b.added), ...items.peek()]
      selectedId.value ??= back[0]!.id
    }
    keepFrom(new Map(back.map((item) => [item.id, item])))
  } catch (error) {
    notKept.value = String(error)
    console.warn('the work list is not kept in this browser', error)
  }
}

/** @param saved what the store holds */
function keepFrom(saved: Map<string, Item>): void {
  let writing = Promise.resolve()
  effect(() => {
    const now = items.value
    // What happens between is not worth writing the image again.
    const changed = now.filter(
      (item) => saved.get(item.id) !== item && (!saved.has(item.id) || isFinished(item)),
    )
    const gone = [...saved.keys()].filter((id) => !now.some((item) => item.id === id))
    for (const item of changed) saved.set(item.id, item)
    for (const id of gone) saved.delete(id)
    writing = writing
      .then(async () => {
        if (changed.length > 0)
          await setMany(
            changed.map((item) => [item.id, item]),
            store,
          )
        if (gone.length > 0) await delMany(gone, store)
      })
      .catch((error: unknown) => {
        notKept.value = String(error) // most often: no room
        console.warn('the work list is not kept in this browser', error)
      })
  })
}
