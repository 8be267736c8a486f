import { useSignal } from '@preact/signals'
import { fromEvent } from 'file-selector'
import { useEffect } from 'preact/hooks'
import { addFiles } from '../state/work-list.ts'
import { text } from '../text/text.ts'
import { Icon } from './icon.tsx'

/** Folders come as the files in them. */
const addDropped = (dropped: readonly (File | DataTransferItem)[]) =>
  addFiles(dropped.filter((one) => one instanceof File))

/** Files and folders dropped, or files pasted anywhere on the page. */
export function DropTarget() {
  const over = useSignal(false)
  useEffect(() => {
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files')
    const drag = (event: DragEvent) => {
      if (!hasFiles(event)) return
      event.preventDefault()
      over.value = true
    }
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) over.value = false
    }
    const drop = (event: DragEvent) => {
      if (!hasFiles(event)) return
      event.preventDefault()
      over.value = false
      void fromEvent(event).then(addDropped)
    }
    const paste = (event: ClipboardEvent) => {
      const files = event.clipboardData?.files
      if (!files?.length) return
      event.preventDefault()
      void addFiles(files)
    }
    window.addEventListener('dragover', drag)
    window.addEventListener('dragleave', leave)
    window.addEventListener('drop', drop)
    window.addEventListener('paste', paste)
    return () => {
      window.removeEventListener('dragover', drag)
      window.removeEventListener('dragleave', leave)
      window.removeEventListener('drop', drop)
      window.removeEventListener('paste', paste)
    }
  }, [over])
  if (!over.value) return null
  return (
    <div class="drop-veil" aria-hidden="true">
      <div>
        <Icon name="upload" />
        {text.value.intake.drop}
      </div>
    </div>
  )
}
