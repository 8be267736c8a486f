/** `npm run icons -w web`: the icon as pixels, for systems that take no SVG: beside icon.svg in web/public. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'

const folder = fileURLToPath(new URL('../../web/public/', import.meta.url))
const rounded = readFileSync(`${folder}icon.svg`, 'utf8')
/** To the edges: the system cuts its own shape out of it. */
const square = rounded.replace(' rx="14"', '')

for (const [name, svg, side] of [
  ['icon-192', rounded, 192],
  ['icon-512', rounded, 512],
  ['icon-maskable-512', square, 512],
  ['icon-apple-180', square, 180],
] as const) {
  const image = sharp(Buffer.from(svg), { density: (72 * side) / 64 }).resize(side, side)
  await image.png({ palette: true, compressionLevel: 9 }).toFile(`${folder}${name}.png`)
}
