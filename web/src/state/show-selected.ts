import { effect } from '@preact/signals'
import { selected, selectedId } from './items.ts'
import { picture } from './pictures.ts'
import { resetZoom, view } from './view.ts'

/** Shows the selected image: its pixels are read, the view starts anew. */
export function startView(): void {
  effect(() => {
    const id = selectedId.value
    view.picture.value = undefined
    view.unreadable.value = false
    view.label.value = undefined
    resetZoom()
    const item = selected.peek()
    if (!item) return
    picture(item).then(
      (read) => {
        if (selectedId.peek() !== id) return
        view.window.value = read.window
        view.picture.value = read
      },
      () => {
        // Why is said in the result's place, from the item itself.
        if (selectedId.peek() === id) view.unreadable.value = true
      },
    )
  })
}
