/** What normalisations add to a variance, so that maps that do not vary have a quotient. Keras's default. */
export const NORM_EPSILON = 1e-3
