import { ZONES } from '@detl/core/lungs/zones'
import type { Result } from '../engine/types.ts'

/** The six zones as lines over the X-ray, each with its letter. */
export function Zones({
  outlines,
  image,
}: {
  outlines: NonNullable<Result['outlines']>
  image: Result['image']
}) {
  const size = Math.max(image.width, image.height) * 0.035
  return (
    <svg
      class="zones"
      viewBox={`0 0 ${image.width} ${image.height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {ZONES.map((zone) => (
        <polygon key={zone} points={outlines[zone].map((point) => point.join()).join(' ')} />
      ))}
      {ZONES.map((zone) => {
        const [x, y] = middle(outlines[zone])
        return (
          <text key={zone} x={x} y={y} font-size={size}>
            {zone}
          </text>
        )
      })}
    </svg>
  )
}

/** Of the box around it. */
function middle(points: readonly (readonly number[])[]): [number, number] {
  const of = (axis: 0 | 1) => {
    const values = points.map((point) => point[axis]!)
    return (Math.min(...values) + Math.max(...values)) / 2
  }
  return points.length > 0 ? [of(0), of(1)] : [0, 0]
}
