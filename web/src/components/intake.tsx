import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { settings } from '../state/settings.ts'
import { addFiles, addSample } from '../state/work-list.ts'
import { text } from '../text/text.ts'
import { Icon } from './icon.tsx'

const ACCEPT = 'image/png,image/jpeg,application/dicom,.dcm,.dicom,.png,.jpg,.jpeg'
const SAMPLE_NAME = 'synthetic-sample.png'

/** The ways in: choose, photograph, the synthetic sample. Dropping and pasting work on the whole page (`drop.tsx`). */
export function Intake() {
  const t = text.value
  return (
    <section class="intake" aria-labelledby="intake-heading">
      <div class="intake-card">
        <div class="intake-mark">
          <Icon name="upload" />
        </div>
        <h2 id="intake-heading">{t.intake.heading}</h2>
        <p class="lead">{t.intake.lead}</p>
        <div class="intake-ways">
          <PickButton class="button primary" label={t.intake.choose} icon="upload" />
          <PickButton class="button" label={t.intake.photograph} icon="camera" from="camera" />
          <PickButton class="button folder-way" label={t.intake.folder} icon="folder" from="folder" />
          <SampleButton />
        </div>
        <p class="fine">
          {t.intake.formats}{' '}
          {settings.place.value === 'device' ? t.settings.deviceHint : t.settings.endpointHint}
        </p>
        <p class="fine keyboard-only">{t.intake.paste}</p>
      </div>
    </section>
  )
}

/** Drawing the sample takes a second or more: the button says so, and takes no second press. */
function SampleButton() {
  const making = useSignal(false)
  const t = text.value.intake
  return (
    <button
      type="button"
      class="button"
      aria-disabled={making.value}
      onClick={() => {
        if (making.value) return
        making.value = true
        void addSample(SAMPLE_NAME).finally(() => {
          making.value = false
        })
      }}
    >
      {making.value ? <span class="spinner" /> : <Icon name="flask" />}
      {making.value ? t.sampleMaking : t.sample}
    </button>
  )
}

type PickProps = {
  class: string
  label: string
  icon: 'upload' | 'camera' | 'plus' | 'folder'
  /** Other than files: a photograph, or a folder with all that lies in it. */
  from?: 'camera' | 'folder'
  /** The icon alone, its label for who points at it or hears it. */
  compact?: boolean
}

/** A button that opens the system's file dialog, or the camera on a phone. */
export function PickButton({ class: className, label, icon, from, compact }: PickProps) {
  const camera = from === 'camera'
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <button
        type="button"
        class={className}
        {...(compact && { 'aria-label': label, title: label })}
        onClick={() => input.current?.click()}
      >
        <Icon name={icon} />
        {!compact && label}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        multiple={from === undefined} // a folder is one, whatever is in it
        {...(from !== 'folder' && { accept: camera ? 'image/jpeg' : ACCEPT })}
        {...(camera ? { capture: 'environment' } : {})}
        {...(from === 'folder' ? { webkitdirectory: true } : {})}
        onChange={(event) => {
          void addFiles(event.currentTarget.files ?? [])
          event.currentTarget.value = '' // the same file may be chosen again
        }}
      />
    </>
  )
}
