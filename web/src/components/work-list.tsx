import { finished, type Item, isFinished, items, selectedId } from '../state/items.ts'
import { clear, remove } from '../state/work-list.ts'
import { text } from '../text/text.ts'
import { told } from '../text/told.ts'
import type { Text } from '../text/words.ts'
import { Icon } from './icon.tsx'
import { PickButton } from './intake.tsx'

/** All images of this visit, with what became of each. */
export function WorkList() {
  const t = text.value
  const all = items.value.length
  return (
    <nav class="list" aria-labelledby="list-heading">
      <div class="list-head">
        <h2 id="list-heading">{t.list.heading}</h2>
        <span class="fine">{t.list.progress(finished.value, all)}</span>
      </div>
      <progress
        value={finished.value}
        max={all}
        aria-label={t.list.progress(finished.value, all)}
        data-complete={finished.value === all}
      />
      <ul>
        {items.value.map((item) => (
          <Row key={item.id} item={item} />
        ))}
      </ul>
      <div class="list-foot">
        <PickButton class="button" label={t.intake.add} icon="plus" />
        <button type="button" class="button quiet" onClick={clear}>
          {t.list.clear}
        </button>
      </div>
    </nav>
  )
}

function Row({ item }: { item: Item }) {
  const t = text.value
  return (
    <li class="row-item" data-status={item.status}>
      <button
        type="button"
        class="row-main"
        aria-current={item.id === selectedId.value}
        title={item.name}
        onClick={() => {
          selectedId.value = item.id
        }}
      >
        <span class="thumb">
          <Thumb item={item} />
        </span>
        <span class="row-words">
          <span class="row-name">{item.name}</span>
          <RowState item={item} />
        </span>
      </button>
      <button
        type="button"
        class="icon-button row-remove"
        aria-label={t.list.remove(item.name)}
        onClick={() => remove(item.id)}
      >
        <Icon name="close" />
      </button>
    </li>
  )
}

function Thumb({ item }: { item: Item }) {
  if (item.thumbnail) return <img src={item.thumbnail} alt="" />
  return isFinished(item) ? <Icon name="warning" /> : <span class="spinner" />
}

/** What was decided, or how far the image is. */
function RowState({ item }: { item: Item }) {
  const t = text.value
  const { result } = item
  if (!result) return <span class="row-state">{state(item, t)}</span>
  return (
    <span class="row-state" data-outcome={result.decision.outcome}>
      {told(result).headline}
    </span>
  )
}

function state({ status }: Item, t: Text): string {
  if (status === 'needs-key') return t.list.needsKey
  if (status === 'failed') return t.list.failed
  if (status === 'reading') return t.list.reading
  return status === 'scoring' ? t.list.scoring : t.list.waiting
}
