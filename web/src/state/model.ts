import { signal } from '@preact/signals'
import { proxy } from 'comlink'
import { engine, unwrap } from '../engine/engine.ts'
import type { ModelInfo } from '../engine/types.ts'

/** Share of the device's model that has arrived, while it is loading. */
export const modelProgress = signal<number | undefined>(undefined)

/** Whether this page can score by itself: it was built with a model, and the browser lets it check and keep one. */
export const deviceOffered = __MODEL_MANIFEST_SHA256__ !== null && 'caches' in globalThis

let device: Promise<ModelInfo> | undefined

/** The device's model, loaded at the first call. @throws PageError model-damaged, offline, device-failed */
export function deviceModel(): Promise<ModelInfo> {
  device ??= loadDeviceModel()
  device.catch(() => {
    device = undefined
  })
  return device
}

async function loadDeviceModel(): Promise<ModelInfo> {
  modelProgress.value = 0
  try {
    const arrived = proxy((share: number) => {
      modelProgress.value = share
    })
    return await unwrap(engine().load(__MODEL_MANIFEST_SHA256__!, arrived))
  } finally {
    modelProgress.value = undefined
  }
}
