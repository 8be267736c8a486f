import { dialogs } from '../state/dialogs.ts'
import { text } from '../text/text.ts'
import { Dialog } from './dialog.tsx'
import { KeyForm } from './key-form.tsx'

export function KeyDialog() {
  const { heading, lead } = text.value.key
  const close = () => {
    dialogs.key.value = false
  }
  return (
    <Dialog open={dialogs.key} id="key" heading={heading} lead={lead}>
      <KeyForm done={close} />
    </Dialog>
  )
}
