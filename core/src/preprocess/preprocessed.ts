export type Rect = { readonly x: number; readonly y: number; readonly width: number; readonly height: number }

export type Geometry = {
  /** The part of the source that the tensor shows, in source pixels; fractions where the source was reduced. */
  readonly crop: Rect
  /** Where that part lies in the tensor, in tensor pixels; outside is padding. */
  readonly placed: Rect
}

/** The three grey levels that map to the spec's three output levels. */
export type Window = { readonly low: number; readonly middle: number; readonly high: number }

/** What the tensor shows of an image: which part, and which grey levels. */
export type Seen = {
  readonly geometry: Geometry
  /** In the image's own grey levels, with fractions. */
  readonly window: Window
}

export type Preprocessed = Seen & {
  /** [1,1,S,S], row-major. */
  readonly tensor: Uint8Array<ArrayBuffer>
}
