import { items } from '../state/items.ts'
import { FILTERS, ORDERS } from '../state/list-kinds.ts'
import { kindOf, listView, shownItems } from '../state/list-view.ts'
import { text } from '../text/text.ts'

/** What of a list of several images is shown, and in which order. */
export function ListControls() {
  const t = text.value.list
  const all = items.value
  const count = (filter: (typeof FILTERS)[number]) =>
    filter === 'all' ? all.length : all.filter((item) => kindOf(item) === filter).length
  return (
    <div class="list-controls">
      <select
        aria-label={t.filter}
        value={listView.filter.value}
        onChange={(event) => {
          listView.filter.value = event.currentTarget.value as (typeof FILTERS)[number]
        }}
      >
        {FILTERS.map((filter) => (
          <option key={filter} value={filter}>
            {t.filters[filter]} ({count(filter)})
          </option>
        ))}
      </select>
      <select
        aria-label={t.order}
        value={listView.order.value}
        onChange={(event) => {
          listView.order.value = event.currentTarget.value as (typeof ORDERS)[number]
        }}
      >
        {ORDERS.map((order) => (
          <option key={order} value={order}>
            {t.orders[order]}
          </option>
        ))}
      </select>
      <input
        type="search"
        aria-label={t.find}
        placeholder={t.find}
        value={listView.query.value}
        onInput={(event) => {
          listView.query.value = event.currentTarget.value
        }}
      />
      <p class="hidden-words" role="status">
        {shownItems.value.length < all.length && t.shown(shownItems.value.length, all.length)}
      </p>
    </div>
  )
}
