import { computed, signal } from '@preact/signals'
import type { Picture } from '../engine/types.ts'
import type { Window } from '../viewer/grey.ts'
import { selected } from './items.ts'

/** How the selected image is looked at. Heat settings stay from image to image; zoom and window start anew. */
export const view = {
  /** undefined: the class that the decision names first. */
  label: signal<string | undefined>(undefined),
  heat: signal(true),
  zones: signal(false),
  opacity: signal(0.6),
  tool: signal<'pan' | 'window'>('pan'),
  /** 1 = the whole image fits. */
  zoom: signal(1),
  /** Of the image's middle from the view's, in CSS pixels. */
  pan: signal({ x: 0, y: 0 }),
  window: signal<Window>({ low: 0, high: 65535 }),
  picture: signal<Picture | undefined>(undefined),
  unreadable: signal(false),
}

export const MAX_ZOOM = 8

/** The class whose heat map is shown. */
export const shownLabel = computed(() => view.label.value ?? selected.value?.result?.decision.leading)

export function resetZoom(): void {
  view.zoom.value = 1
  view.pan.value = { x: 0, y: 0 }
}

/** Zooms by a factor and keeps the point (x, y), from the view's middle, in its place. */
export function zoomAt(factor: number, x = 0, y = 0): void {
  const before = view.zoom.peek()
  const zoom = Math.min(MAX_ZOOM, Math.max(1, before * factor))
  const { x: px, y: py } = view.pan.peek()
  const grown = zoom / before
  view.zoom.value = zoom
  view.pan.value = zoom === 1 ? { x: 0, y: 0 } : { x: x - (x - px) * grown, y: y - (y - py) * grown }
}

export function panBy(dx: number, dy: number): void {
  const { x, y } = view.pan.peek()
  view.pan.value = { x: x + dx, y: y + dy }
}

/** Shifts the window's level and stretches its width, as shares of the full range. */
export function windowBy(levelShare: number, widthShare: number): void {
  const { low, high } = view.window.peek()
  setWindow((low + high) / 2 + levelShare * 65535, high - low + widthShare * 65535)
}

export function setWindow(level: number, width: number): void {
  const half = Math.min(65535, Math.max(256, width)) / 2
  const middle = Math.min(65535, Math.max(0, level))
  view.window.value = { low: middle - half, high: middle + half }
}
