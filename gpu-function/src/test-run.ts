import type ort from 'onnxruntime-node'

/**
 * Largest difference from the CPU that a provider is accepted with, as a share of an output's largest value. Far above what float32 and TF32
 * differ by (1e-6 to 1e-3), far below what a kernel that is wrong does.
 */
const TOLERANCE = 0.02

type RunsModel = Pick<ort.InferenceSession, 'run'>
/** UINT8 [rows,1,S,S] with the values of a picture: every level, edges, and no two rows alike. */
export type MakeInput = (rows: number) => ort.Tensor

/** @param row bytes of one row; @param data filled in place */
export function fillPicture(data: Uint8Array, row: number): Uint8Array {
  const side = Math.round(Math.sqrt(row))
  for (let i = 0; i < data.length; i++) {
    const x = i % side
    const y = Math.floor(i / side)
    data[i] = (x * 7 + y * 13 + ((x * y) >> 3)) & 255
  }
  return data
}

/**
 * Runs a model on a provider and on the CPU, at the smallest and the largest batch, all outputs: making a session proves nothing, since a
 * kernel may be refused, or wrong, only when it runs.
 * @throws Error what the run failed with, or which output differs and by how much
 */
export async function testRun(
  session: RunsModel,
  onCpu: RunsModel,
  input: MakeInput,
  maxRows: number,
): Promise<void> {
  const wanted = await onCpu.run({ image: input(maxRows) })
  for (const rows of new Set([1, maxRows])) {
    const got = await session.run({ image: input(rows) })
    for (const [name, { data, dims }] of Object.entries(wanted)) {
      const width = data.length / dims[0]!
      const share = difference(numbers(got[name]?.data), numbers(data).slice(0, rows * width))
      if (!(share <= TOLERANCE))
        throw new Error(
          `a test run of ${rows} rows gave another "${name}" than the CPU, off by ${(share * 100).toFixed(1)} % of its largest value`,
        )
    }
  }
}

/** Whether a model still runs on what it has run on before. A device that is lost fails every run from then on. */
export async function stillRuns(session: RunsModel, input: MakeInput): Promise<boolean> {
  return session.run({ image: input(1) }).then(
    () => true,
    () => false,
  )
}

const numbers = (data: unknown): Float64Array => Float64Array.from(data as Iterable<number>, Number)

function difference(got: Float64Array, wanted: Float64Array): number {
  let worst = 0
  let largest = 1e-3
  for (let i = 0; i < wanted.length; i++) {
    largest = Math.max(largest, Math.abs(wanted[i]!))
    const apart = Math.abs(got[i]! - wanted[i]!)
    // NaN compares with nothing.
    if (!(apart <= worst)) worst = apart
  }
  return worst / largest
}
