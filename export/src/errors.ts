/** Every stable error code of the converter. Codes are API: they are documented and never renamed. */
export const CONVERT_ERRORS = {
  'model-unreadable': 'The model file cannot be read as a tfjs model',
  'model-unsupported': 'The file holds a kind of model that is not converted',
  'weights-unreadable': 'The weights cannot be read',
  'unknown-layer': 'A layer class or operation that has no row in the table',
  'unsupported-option':
    'An option of a layer, or an attribute of an operation, that ONNX or the converter cannot express',
  'shape-mismatch': 'Shapes of a layer or operation, its weights or its inputs do not fit together',
  'no-gradient': 'Grad-CAM needs the gradient of an operation that has none',
  'manifest-invalid': 'The facts for the manifest are missing or not valid',
  'output-unwritable': 'The result cannot be written',
  'verify-failed': 'The ONNX file does not agree with the tfjs model',
} as const

export type ConvertErrorCode = keyof typeof CONVERT_ERRORS

/** What went wrong, in which layer, and what is supported instead. `detail` holds no stack and no weight values. */
export class ConvertError extends Error {
  override readonly name = 'ConvertError'
  readonly code: ConvertErrorCode
  readonly detail: string

  constructor(code: ConvertErrorCode, detail: string, options?: { cause?: unknown }) {
    super(`${code}: ${detail}`, options)
    this.code = code
    this.detail = detail
  }
}
