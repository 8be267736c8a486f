/** The public API of the package `@detl/client`. Nothing else in it is promised to stay. */
export { AppError, type ProblemCode } from '@detl/core/api/problem'
export {
  type ComparedStep,
  type Comparison,
  compareOverHttp,
  type FigureChange,
  type Trend,
} from './compare.ts'
export {
  type Endpoint,
  type ImagePart,
  type Screened,
  ScreeningError,
  screenOverHttp,
} from './post-screening.ts'
export { type TensorClientOptions, tensorClient } from './tensor-client.ts'
