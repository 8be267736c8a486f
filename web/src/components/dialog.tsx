import type { Signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { text } from '../text/text.ts'
import { Icon } from './icon.tsx'

/**
 * A modal dialog with a heading and a button that closes it. Its children exist only while it is open.
 * @param id of the dialog; the heading's is `<id>-heading`
 */
export function Dialog(props: {
  open: Signal<boolean>
  id: string
  heading: string
  wide?: boolean
  lead?: string
  children: ComponentChildren
}) {
  const { open, id, heading, wide, lead, children } = props
  const dialog = useRef<HTMLDialogElement>(null)
  const shown = open.value
  useEffect(() => {
    if (shown) dialog.current?.showModal()
    else dialog.current?.close()
  }, [shown])
  const close = () => {
    open.value = false
  }
  return (
    <dialog
      ref={dialog}
      class={wide ? 'dialog wide' : 'dialog'}
      aria-labelledby={`${id}-heading`}
      onClose={close}
      closedby="any"
    >
      <div class="dialog-head">
        <h2 id={`${id}-heading`}>{heading}</h2>
        <button type="button" class="icon-button" aria-label={text.value.close} onClick={close}>
          <Icon name="close" />
        </button>
      </div>
      {lead && <p>{lead}</p>}
      {shown && children}
    </dialog>
  )
}
