import { panBy, view, windowBy, zoomAt } from '../state/view.ts'

/** Mouse, touch and pen on the stage: drag moves or changes the window, two fingers or the wheel zoom. */
export function listenToGestures(stage: HTMLElement): () => void {
  const pointers = new Map<number, { x: number; y: number }>()
  const stop = new AbortController()
  const on = <K extends keyof HTMLElementEventMap>(
    type: K,
    handle: (event: HTMLElementEventMap[K]) => void,
  ) => stage.addEventListener(type, handle, { signal: stop.signal, passive: false })

  const fromMiddle = (x: number, y: number) => {
    const box = stage.getBoundingClientRect()
    return { x: x - box.left - box.width / 2, y: y - box.top - box.height / 2 }
  }
  on('wheel', (event) => {
    event.preventDefault()
    const { x, y } = fromMiddle(event.clientX, event.clientY)
    zoomAt(Math.exp(-event.deltaY * (event.deltaMode === 0 ? 0.0015 : 0.05)), x, y)
  })
  on('pointerdown', (event) => {
    if (event.button !== 0) return
    stage.setPointerCapture(event.pointerId)
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY })
  })
  on('pointermove', (event) => {
    const before = pointers.get(event.pointerId)
    if (!before) return
    const now = { x: event.clientX, y: event.clientY }
    pointers.set(event.pointerId, now)
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1]
    if (other) {
      const middle = fromMiddle((now.x + other.x) / 2, (now.y + other.y) / 2)
      const spread = Math.hypot(now.x - other.x, now.y - other.y)
      zoomAt(spread / Math.max(1, Math.hypot(before.x - other.x, before.y - other.y)), middle.x, middle.y)
      panBy((now.x - before.x) / 2, (now.y - before.y) / 2)
    } else if (view.tool.peek() === 'pan') panBy(now.x - before.x, now.y - before.y)
    else windowBy((before.y - now.y) / 800, (now.x - before.x) / 400)
  })
  const release = (event: PointerEvent) => pointers.delete(event.pointerId)
  on('pointerup', release)
  on('pointercancel', release)
  on('dblclick', (event) => {
    const { x, y } = fromMiddle(event.clientX, event.clientY)
    zoomAt(2, x, y)
  })
  return () => stop.abort()
}

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

/** Keys on the stage. @returns whether the key was one of them */
export function handleKey(event: KeyboardEvent, fit: () => void): boolean {
  const arrow = ARROWS[event.key]
  if (arrow && event.shiftKey) windowBy(-arrow[1] * 0.02, arrow[0] * 0.04)
  else if (arrow) panBy(-arrow[0] * 40, -arrow[1] * 40)
  else if (event.key === '+' || event.key === '=') zoomAt(1.25)
  else if (event.key === '-') zoomAt(0.8)
  else if (event.key === '0') fit()
  else return false
  return true
}
