import { signal } from '@preact/signals'

/** Which dialog is open. Whatever opens one need not know what it holds. */
export const dialogs = {
  key: signal(false),
  account: signal(false),
  batches: signal(false),
  comparison: signal(false),
}

export const openKeyDialog = () => {
  dialogs.key.value = true
}

export const openBatches = () => {
  dialogs.batches.value = true
}

export const openComparison = () => {
  dialogs.comparison.value = true
}

export const openAccount = () => {
  dialogs.account.value = true
}
