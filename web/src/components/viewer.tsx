import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { selected } from '../state/items.ts'
import { resetZoom, shownLabel, view } from '../state/view.ts'
import { classWords, text } from '../text/text.ts'
import { handleKey, listenToGestures } from '../viewer/gestures.ts'
import { drawGrey } from '../viewer/grey.ts'
import { drawHeat } from '../viewer/heat.ts'
import { ViewerTools } from './viewer-tools.tsx'
import { Zones } from './zones.tsx'

/** The X-ray with a heat map over it. */
export function Viewer() {
  const stage = useRef<HTMLDivElement>(null)
  useEffect(() => listenToGestures(stage.current!), [])
  const t = text.value
  const item = selected.value
  const picture = view.picture.value
  const label = shownLabel.value
  const heatShown = view.heat.value && label && item?.result
  const description = [
    item?.name,
    item?.synthetic ? t.list.synthetic : undefined,
    heatShown ? t.viewer.heatOf(classWords(item.result!.classes, label).name) : t.viewer.noHeat,
  ]
  return (
    <section class="viewer" aria-label={t.viewer.label}>
      {/* biome-ignore lint/a11y/useSemanticElements: no element stands for a group of canvases */}
      <div
        ref={stage}
        class="stage"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the stage takes keys: zoom, move, window
        tabIndex={0}
        role="group"
        aria-label={t.viewer.label}
        aria-describedby="viewer-keys"
        data-tool={view.tool.value}
        onKeyDown={(event) => handleKey(event, resetZoom) && event.preventDefault()}
      >
        {picture && (
          <div class="film-place">
            <Film description={description.filter(Boolean).join(', ')} />
          </div>
        )}
        {!picture && (
          <p class="stage-words">
            {view.unreadable.value ? (
              t.list.cannotShow
            ) : (
              <>
                <span class="spinner" /> {t.viewer.loading}
              </>
            )}
          </p>
        )}
        {item?.synthetic && <p class="stage-badge">{t.list.synthetic}</p>}
      </div>
      <p id="viewer-keys" class="hidden-words">
        {t.viewer.keys}
      </p>
      {picture && <ViewerTools picture={picture} />}
    </section>
  )
}

function Film({ description }: { description: string }) {
  const grey = useRef<HTMLCanvasElement>(null)
  const heat = useRef<HTMLCanvasElement>(null)
  const picture = view.picture.value!
  const window = view.window.value
  const result = selected.value?.result
  const label = shownLabel.value
  useLayoutEffect(() => drawGrey(grey.current!, picture, window), [picture, window])
  useLayoutEffect(() => {
    if (result && label) drawHeat(heat.current!, result, label)
  }, [result, label])
  const { x, y } = view.pan.value
  const shown = view.heat.value && result !== undefined
  return (
    <div
      class="film"
      role="img"
      aria-label={description}
      style={{
        '--aspect': picture.width / picture.height,
        transform: `translate(${x}px, ${y}px) scale(${view.zoom.value})`,
      }}
    >
      <canvas ref={grey} />
      <canvas ref={heat} style={{ opacity: shown ? view.opacity.value : 0 }} />
      {view.zones.value && result?.outlines && <Zones outlines={result.outlines} image={result.image} />}
    </div>
  )
}
