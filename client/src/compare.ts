/**
 * Films of one patient, compared by the endpoint: whether less or more of the lungs is opaque.
 *
 * @example
 * const { overall } = await compareOverHttp({ endpoint: 'https://screening.example', key }, [monday, thursday])
 * console.log(overall.trend, overall.headline)
 */
import { ALLOW_DIFFERENT } from '@detl/core/comparison/request'
import { type Endpoint, type ImagePart, post, type Screened } from './post-screening.ts'

/** `better` is less of the lungs opaque, `worse` is more; neither says how the patient is. */
export type Trend = 'better' | 'unchanged' | 'worse' | 'cannot-tell'

/** A figure of two films; the range of its change is ± the smallest change that counts. */
export type FigureChange = {
  readonly from: number
  readonly to: number
  readonly change: { readonly value: number; readonly low: number; readonly high: number }
  readonly trend: Exclude<Trend, 'cannot-tell'>
}

type Told = { readonly code: string; readonly detail: string }

/** From one film to a later one. */
export type ComparedStep = {
  /** Indices into `films`. */
  readonly from: number
  readonly to: number
  readonly days?: number
  readonly trend: Trend
  readonly headline: string
  readonly reason?: Told
  /** Absent where the lungs of a film were not found. */
  readonly changes?: {
    readonly score: FigureChange
    readonly extent: { readonly left: FigureChange; readonly right: FigureChange }
    readonly zones: Readonly<Record<'A' | 'B' | 'C' | 'D' | 'E' | 'F', FigureChange>>
  }
  readonly remarks: readonly Told[]
}

/** What a client needs of a comparison; the whole is in the endpoint's OpenAPI document. */
export type Comparison = {
  readonly id: string
  /** In the order of time; `position` is where it stood among those that were sent. */
  readonly films: readonly {
    readonly screening: string
    readonly position: number
    readonly taken?: string
  }[]
  readonly steps: readonly ComparedStep[]
  /** From the first film to the last. */
  readonly overall: ComparedStep
  readonly remarks: readonly Told[]
  readonly screenings: readonly Screened[]
  /** What it is not. */
  readonly notice: string
  readonly disclaimer: string
}

/**
 * Sends two to eight films of one patient, in the order of time; each is charged as one screening, once, however often it was sent.
 * @param options `allowDifferentPatients` compares films whose headers name different patients all the same
 * @throws ScreeningError, such as `patients-differ`; a network error after the last try
 */
export const compareOverHttp = (
  endpoint: Endpoint,
  films: readonly ImagePart[],
  { allowDifferentPatients = false }: { readonly allowDifferentPatients?: boolean } = {},
): Promise<Comparison> =>
  post<Comparison>(
    endpoint,
    `/v1/comparisons${allowDifferentPatients ? `?${ALLOW_DIFFERENT}=true` : ''}`,
    () => {
      const form = new FormData()
      for (const film of films) form.append('image', film as Blob)
      return { headers: {}, body: form }
    },
  )
