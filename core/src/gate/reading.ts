/** How an image lies before the gate, as far as its pixels tell. */
export type Reading = 'upright' | 'inverted' | 'rotated-90' | 'rotated-180' | 'rotated-270'
