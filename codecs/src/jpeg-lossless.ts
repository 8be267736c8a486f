import type { DecodedFrame } from '@detl/core/image/codecs'
import { readJpegTables } from './jpeg-stream.ts'

/**
 * JPEG lossless, Huffman coded (ITU-T T.81 annex H): process 14, predictors 1–7, restarts, point transform; one component.
 * @throws on damaged or truncated data
 */
export function decodeJpegLossless(bytes: Uint8Array): DecodedFrame {
  const { width, height, bits, huffman, restartInterval, scan, reader } = readJpegTables(bytes)
  const table = huffman[scan.dc]
  const { start: predictor, shift } = scan
  if (table === undefined || predictor < 1 || predictor > 7 || bits < 2 || bits > 16 || shift >= bits) {
    throw new Error('the scan header is damaged')
  }
  if (restartInterval % width !== 0) throw new Error('restarts inside a row do not exist (H.1.1)')
  const data = new Uint16Array(width * height)
  const rowsToRestart = restartInterval / width
  for (let y = 0; y < height; y++) {
    const restarted = rowsToRestart > 0 && y % rowsToRestart === 0
    if (restarted && y > 0) reader.restart()
    const first = y === 0 || restarted
    const row = y * width
    for (let x = 0; x < width; x++) {
      const at = row + x
      const size = reader.symbol(table)
      const difference = size === 16 ? 32768 : reader.signed(size)
      let prediction: number
      if (first) prediction = x === 0 ? 1 << (bits - shift - 1) : data[at - 1]!
      else if (x === 0) prediction = data[at - width]!
      else prediction = predict(predictor, data[at - 1]!, data[at - width]!, data[at - width - 1]!)
      data[at] = prediction + difference // modulo 2^16, as H.1.2.1 has it
    }
  }
  if (shift > 0) for (let i = 0; i < data.length; i++) data[i] = data[i]! << shift
  return { width, height, components: 1, bits, data }
}

/** T.81 table H.1, from the samples to the left, above, and above left. */
function predict(selection: number, left: number, up: number, upLeft: number): number {
  switch (selection) {
    case 1:
      return left
    case 2:
      return up
    case 3:
      return upLeft
    case 4:
      return left + up - upLeft
    case 5:
      return left + ((up - upLeft) >> 1)
    case 6:
      return up + ((left - upLeft) >> 1)
    default:
      return (left + up) >> 1
  }
}
