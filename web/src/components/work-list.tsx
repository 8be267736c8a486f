import { finished, type Item, isFinished, items, selectedId } from '../state/items.ts'
import { notKept } from '../state/kept.ts'
import { kindOf, placeOf, shownItems } from '../state/list-view.ts'
import { thumbnailUrl } from '../state/thumbnails.ts'
import { clear, remove } from '../state/work-list.ts'
import { text } from '../text/text.ts'
import { told } from '../text/told.ts'
import type { Text } from '../text/words.ts'
import { Icon } from './icon.tsx'
import { PickButton } from './intake.tsx'
import { ListControls } from './list-controls.tsx'
import { ListExports } from './list-exports.tsx'

/** All images of this visit and of the day's earlier ones, with what became of each. */
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
      {all > 1 && <ListControls />}
      <ul>
        {shownItems.value.map((item) => (
          <Row key={item.id} item={item} />
        ))}
      </ul>
      <div class="list-foot">
        <PickButton class="button primary-way" label={t.intake.add} icon="plus" />
        <PickButton
          class="icon-button folder-way"
          label={t.intake.folder}
          icon="folder"
          from="folder"
          compact
        />
        <ListExports />
        <button type="button" class="button quiet" onClick={clear}>
          {t.list.clear}
        </button>
      </div>
      <p class="fine kept">{notKept.value === undefined ? t.list.kept : t.list.notKept}</p>
    </nav>
  )
}

function Row({ item }: { item: Item }) {
  const t = text.value
  return (
    <li class="row-item" data-status={item.status} data-kind={kindOf(item)}>
      <button
        type="button"
        class="row-main"
        aria-current={item.id === selectedId.value}
        title={placeOf(item)}
        onClick={() => {
          selectedId.value = item.id
        }}
      >
        <span class="thumb">
          <Thumb item={item} />
        </span>
        <span class="row-words">
          <bdi class="row-name">{item.name}</bdi>
          {item.folder !== undefined && <span class="row-folder">{item.folder}</span>}
          <span class="row-state">
            <RowState item={item} />
          </span>
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
  if (item.thumbnail) return <img src={thumbnailUrl(item.thumbnail)} alt="" />
  return isFinished(item) ? <Icon name="warning" /> : <span class="spinner" />
}

/** What was decided, in as few words as a row has room for, or how far the image is. */
function RowState({ item }: { item: Item }) {
  const t = text.value
  const { result } = item
  if (!result) return <>{state(item, t)}</>
  const { above, outcome } = result.decision
  if (above.length > 0) {
    const { classes } = told(result)
    const named = above.map((id) => classes.find((one) => one.class === id)!)
    return (
      <>
        <Icon name="flag" />
        <span class="hidden-words">{t.list.flagged} </span>
        {named.map(({ name, score }) => `${name} ${score}`).join(', ')}
      </>
    )
  }
  return <>{outcome === 'above-threshold' ? '' : t.list.outcomes[outcome]}</>
}

function state({ status }: Item, t: Text): string {
  if (status === 'needs-key') return t.list.needsKey
  if (status === 'failed') return t.list.failed
  if (status === 'reading') return t.list.reading
  return status === 'scoring' ? t.list.scoring : t.list.waiting
}
