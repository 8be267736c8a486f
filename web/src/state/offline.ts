import { effect, signal } from '@preact/signals'
import { engine, unwrap } from '../engine/engine.ts'
import type { KeepRuntime } from '../engine/types.ts'
import { deviceOffered } from './model.ts'
import { settings } from './settings.ts'

/** After a visit has begun, so that nothing that it shows has to wait. */
const IDLE_MS = 2000

/** Whether model and runtime are kept in this browser: it can score without a network from now on. */
export const keptForOffline = signal(false)

let keeping = false

/**
 * Keeps what scoring on the device needs (24 to 27 MB), so that the first visit is all that has to be online: when the device is
 * chosen, else when the page is idle and the connection is neither metered nor slow.
 */
export function startOffline(): void {
  if (!__SERVICE_WORKER__ || !('serviceWorker' in navigator) || !deviceOffered) return
  effect(() => {
    if (settings.place.value === 'device') keep()
  })
  if (!isDear()) setTimeout(() => whenIdle(keep), IDLE_MS)
}

function keep(): void {
  if (keeping) return
  keeping = true
  keepAll().catch((error: unknown) => {
    keeping = false // another choice of the device tries again
    console.warn('this browser cannot score without a network yet', error)
  })
}

async function keepAll(): Promise<void> {
  const { active } = await navigator.serviceWorker.ready
  const runtime = await unwrap(engine().keep(__MODEL_MANIFEST_SHA256__!))
  const { port1, port2 } = new MessageChannel()
  const kept = new Promise<string>((resolve) => {
    port1.onmessage = ({ data }) => resolve(data)
  })
  active?.postMessage({ runtime } satisfies KeepRuntime, [port2])
  const failure = await kept
  if (failure) throw new Error(failure)
  keptForOffline.value = true
}

type Connection = { readonly saveData?: boolean; readonly type?: string; readonly effectiveType?: string }

/** By the Network Information API, where there is one: data are saved, the network is a mobile one, or it is slow. */
function isDear(): boolean {
  const { connection } = navigator as { connection?: Connection }
  return Boolean(
    connection?.saveData ||
      connection?.type === 'cellular' ||
      ['slow-2g', '2g', '3g'].includes(connection?.effectiveType ?? ''),
  )
}

/** Safari knows no idle time. */
const whenIdle = (work: () => void) =>
  'requestIdleCallback' in window ? requestIdleCallback(work) : setTimeout(work)
