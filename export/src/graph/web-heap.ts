import type { DType, Graph, Tensor } from '../onnx/ir.ts'
import { sizeOf } from '../onnx/tensor.ts'

/** WebAssembly's 32-bit memory, without what ONNX Runtime itself and a run take of it. */
const HEAP = 2 ** 32 - 2 ** 27
const WIDENED: ReadonlySet<DType> = new Set(['float16', 'uint8', 'uint16'])

/** A weight in memory: halves and integers are widened to float32 when a file is loaded. */
const bytesOf = ({ dtype, shape, data }: Tensor): number =>
  WIDENED.has(dtype) ? 4 * sizeOf(shape) : data.byteLength

/**
 * Whether onnxruntime-web has room for the weights of a graph. It packs a matrix or kernel for the processor into a second copy, for which
 * the place of one that was packed before is too small: all weights, and the two largest once more, must fit, and with weights in
 * the ONNX file that file too (onnxruntime-web 1.30, `findings/onnxruntime-web-memory.sh`).
 * @param beside whether the weights are in a file beside the ONNX file
 */
export function fitsOnWeb({ constants }: Pick<Graph, 'constants'>, beside: boolean): boolean {
  const tensors = [...constants.values()]
  const sizes = tensors.map(bytesOf).sort((a, b) => b - a)
  const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0)
  const file = beside ? 0 : sum(tensors.map(({ data }) => data.byteLength))
  return file + sum(sizes) + sum(sizes.slice(0, 2)) <= HEAP
}
