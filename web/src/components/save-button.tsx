import { Icon } from './icon.tsx'

/** A button that saves a file. @param busy while one is made */
export const SaveButton = ({
  name,
  busy,
  press,
}: {
  name: string
  busy: boolean
  press(): Promise<void>
}) => (
  <button type="button" class="button" disabled={busy} onClick={() => void press()}>
    <Icon name="save" />
    {name}
  </button>
)
