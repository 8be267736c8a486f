import { computed, signal } from '@preact/signals'
import { type Item, items } from './items.ts'
import type { Filter, Order } from './list-kinds.ts'

/** How the work list is looked at. */
export const listView = {
  filter: signal<Filter>('all'),
  order: signal<Order>('added'),
  /** A part of the name or the folder; case does not count. */
  query: signal(''),
}

/** What of the list is shown, in the order that was asked for. */
export const shownItems = computed(() => {
  const [filter, order] = [listView.filter.value, listView.order.value]
  const query = listView.query.value.trim().toLowerCase()
  const shown = items.value.filter(
    (item) => (filter === 'all' || kindOf(item) === filter) && placeOf(item).toLowerCase().includes(query),
  )
  if (order === 'name')
    return shown.sort((a, b) => placeOf(a).localeCompare(placeOf(b), undefined, { numeric: true }))
  return order === 'urgent' ? shown.sort((a, b) => urgency(b) - urgency(a)) : shown
})

/** `flagged`: a finding reaches its threshold, also where the decision abstains. */
export function kindOf({ result }: Item): Exclude<Filter, 'all'> {
  if (!result) return 'unscored'
  const { above, outcome } = result.decision
  if (above.length > 0) return 'flagged'
  return outcome === 'below-thresholds' ? 'clear' : 'undecided'
}

/** Name with its folder, by which two of one name are told apart. */
export const placeOf = ({ folder, name }: Item): string => (folder ? `${folder}/${name}` : name)

const RANK = { flagged: 3, undecided: 2, unscored: 1, clear: 0 } as const

/** Flagged first, that before others which is further above its threshold. */
function urgency(item: Item): number {
  const held = item.result?.decision.classes.find((one) => one.class === item.result!.decision.above[0])
  return RANK[kindOf(item)] + (held ? Math.max(0, held.score - held.threshold) : 0) / 2
}
