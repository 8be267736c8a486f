import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as wasm from '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'

/** The wasm backend's object, as its kernels receive it. */
export type Wasm = wasm.BackendWasm
export type Attrs = Record<string, unknown>
export type KernelCall = { inputs: Record<string, tf.TensorInfo>; backend: Wasm; attrs: Attrs }
/** `original` is the kernel that was registered before; it throws if there was none. */
export type Override = (call: KernelCall, original: (call: KernelCall) => tf.TensorInfo) => tf.TensorInfo

/**
 * A tfjs backend under its own name: all kernels of the wasm backend, some of them overridden.
 * The wasm kernels keep their module's entry points in module scope, so one process can run one backend that
 * derives from wasm: switching between two of them mixes up their heaps.
 */
export class DerivedBackend {
  readonly name: string

  constructor(name: string) {
    this.name = name
    const entry = fileURLToPath(import.meta.resolve('@tensorflow/tfjs-backend-wasm'))
    wasm.setWasmPaths(`${dirname(entry)}/`)
    tf.copyRegisteredKernels('wasm', name)
  }

  override(kernelName: string, kernel: Override): void {
    const before = tf.getKernel(kernelName, this.name)
    const original = (call: KernelCall): tf.TensorInfo => {
      if (!before) throw new Error(`${this.name}: ${kernelName} with these attributes has no kernel`)
      return before.kernelFunc(call as never) as tf.TensorInfo
    }
    if (before) tf.unregisterKernel(kernelName, this.name)
    tf.registerKernel({
      kernelName,
      backendName: this.name,
      kernelFunc: (call) => kernel(call as unknown as KernelCall, original),
      ...(before?.setupFunc && { setupFunc: before.setupFunc }),
    })
  }

  /** A kernel of our own, with several results. */
  overrideMany(kernelName: string, kernel: (call: KernelCall) => tf.TensorInfo[]): void {
    if (tf.getKernel(kernelName, this.name)) tf.unregisterKernel(kernelName, this.name)
    tf.registerKernel({
      kernelName,
      backendName: this.name,
      kernelFunc: (call) => kernel(call as unknown as KernelCall),
    })
  }

  /** Calls a kernel from inside another one. The caller owns the result. */
  run(
    kernelName: string,
    inputs: Record<string, tf.TensorInfo>,
    backend: Wasm,
    attrs: Attrs = {},
  ): tf.TensorInfo {
    const kernel = tf.getKernel(kernelName, this.name)
    if (!kernel) throw new Error(`${this.name}: no kernel ${kernelName}`)
    return kernel.kernelFunc({ inputs, backend, attrs } as never) as tf.TensorInfo
  }

  /** Makes the backend known to tfjs; `tf.setBackend(name)` starts it. */
  register(): void {
    const { factory } = tf.engine().registryFactory.wasm!
    tf.registerBackend(this.name, factory, 0)
  }
}

/** Geometry of a convolution from its kernel's attributes. @param depthwise the filter is [h,w,C,multiplier] */
export function convInfo(
  xShape: readonly number[],
  filterShape: readonly number[],
  attrs: Attrs,
  depthwise = false,
): tf.backend_util.Conv2DInfo {
  type Args = Parameters<typeof tf.backend_util.computeConv2DInfo>
  return tf.backend_util.computeConv2DInfo(
    xShape as Args[0],
    filterShape as Args[1],
    attrs.strides as Args[2],
    (attrs.dilations as Args[3] | undefined) ?? 1,
    attrs.pad as Args[4],
    attrs.dimRoundingMode as Args[5],
    depthwise,
    tf.backend_util.convertConv2DDataFormat((attrs.dataFormat as 'NHWC' | undefined) ?? 'NHWC'),
  )
}

/** Geometry of a pooling from its kernel's attributes. */
export function poolInfo(shape: readonly number[], attrs: Attrs): tf.backend_util.Conv2DInfo {
  type Args = Parameters<typeof tf.backend_util.computePool2DInfo>
  return tf.backend_util.computePool2DInfo(
    shape as Args[0],
    attrs.filterSize as Args[1],
    attrs.strides as Args[2],
    1,
    attrs.pad as Args[4],
    attrs.dimRoundingMode as Args[5],
  )
}

/** The leading axes that a reduction sums over, as [reduced, kept] counts; undefined for any other reduction. */
export function leadingReduction(
  x: tf.TensorInfo,
  axis: unknown,
): { rows: number; columns: number; kept: number[] } | undefined {
  const axes = [...tf.util.parseAxisParam(axis as number | number[], x.shape)].sort((a, b) => a - b)
  if (x.dtype !== 'float32' || axes.length === 0 || axes.length >= x.shape.length) return undefined
  if (axes.some((a, i) => a !== i)) return undefined
  const kept = x.shape.slice(axes.length)
  const columns = tf.util.sizeFromShape(kept)
  const rows = tf.util.sizeFromShape(x.shape) / columns
  // Elsewhere the stock kernel is as quick.
  return columns <= 4096 && rows >= 64 ? { rows, columns, kept } : undefined
}

/** Shape of a leading reduction's result. */
export const reducedShape = (x: tf.TensorInfo, kept: number[], keepDims: unknown): number[] =>
  keepDims ? [...x.shape.slice(0, x.shape.length - kept.length).map(() => 1), ...kept] : kept
