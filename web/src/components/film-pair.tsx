import type { ComparisonStep } from '@detl/core/api/comparison'
import { useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import type { Picture } from '../engine/types.ts'
import type { Item } from '../state/items.ts'
import { picture } from '../state/pictures.ts'
import type { ComparisonDialogWords } from '../text/comparison-words.ts'
import { drawGrey } from '../viewer/grey.ts'
import { drawSwipe } from '../viewer/swipe.ts'
import { Zones } from './zones.tsx'

type Props = {
  readonly step: ComparisonStep
  readonly earlier: Item
  readonly later: Item
  readonly words: ComparisonDialogWords
}
type Pictures = { readonly earlier: Picture; readonly later: Picture }

/** Two films side by side with their zones, or one upon the other with a line that is moved. */
export function FilmPair({ step, earlier, later, words: t }: Props) {
  const way = useSignal<'beside' | 'swipe'>('beside')
  const pictures = useSignal<Pictures | undefined>(undefined)
  useEffect(() => {
    let wanted = true
    pictures.value = undefined
    void Promise.all([picture(earlier), picture(later)]).then(
      ([a, b]) => {
        if (wanted) pictures.value = { earlier: a, later: b }
      },
      (error: unknown) => console.warn('a film cannot be shown', error),
    )
    return () => {
      wanted = false
    }
  }, [earlier, later])
  const both = pictures.value
  return (
    <section class="film-pair">
      <fieldset class="row" aria-label={t.pair}>
        {(['beside', 'swipe'] as const).map((one) => (
          <button
            key={one}
            type="button"
            class="button"
            aria-pressed={way.value === one}
            onClick={() => {
              way.value = one
            }}
          >
            {one === 'beside' ? t.sideBySide : t.swipe}
          </button>
        ))}
      </fieldset>
      {!both && <span class="spinner" />}
      {both && way.value === 'beside' && (
        <div class="beside">
          <Film item={earlier} shown={both.earlier} number={step.from + 1} />
          <Film item={later} shown={both.later} number={step.to + 1} />
        </div>
      )}
      {both && way.value === 'swipe' && (
        <Swipe step={step} earlier={earlier} later={later} words={t} both={both} />
      )}
    </section>
  )
}

function Film({ item, shown, number }: { item: Item; shown: Picture; number: number }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useLayoutEffect(() => drawGrey(canvas.current!, shown, shown.window), [shown])
  const { outlines, image } = item.result!
  return (
    <figure>
      <div class="beside-film" style={{ aspectRatio: `${shown.width} / ${shown.height}` }}>
        <canvas ref={canvas} role="img" aria-label={item.name} />
        {outlines && <Zones outlines={outlines} image={image} />}
      </div>
      <figcaption class="fine">
        {number}: <bdi>{item.name}</bdi>
      </figcaption>
    </figure>
  )
}

function Swipe({ step, earlier, later, words: t, both }: Props & { readonly both: Pictures }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const share = useSignal(0.5)
  const { alignment } = step
  const at = share.value
  useLayoutEffect(() => {
    if (alignment)
      drawSwipe(
        canvas.current!,
        { picture: both.earlier, result: earlier.result! },
        { picture: both.later, result: later.result! },
        alignment.affine,
        at,
      )
  }, [alignment, both, at])
  if (!alignment) return <p>{t.cannotSwipe}</p>
  return (
    <div class="swipe">
      <canvas ref={canvas} role="img" aria-label={`${earlier.name}, ${later.name}`} />
      <input
        type="range"
        min="0"
        max="1"
        step="0.01"
        aria-label={t.swipeFrom}
        value={at}
        onInput={(event) => {
          share.value = event.currentTarget.valueAsNumber
        }}
      />
    </div>
  )
}
