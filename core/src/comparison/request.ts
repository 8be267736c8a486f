/** Films of one comparison, at most. */
export const MOST_FILMS = 8

/** Asks for a comparison of films whose headers name different patients. */
export const ALLOW_DIFFERENT = 'allow-different-patients'
