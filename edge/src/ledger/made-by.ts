/**
 * Of tables that did not say so once: what test keys made, by the audit log.
 * @returns a query for ids; what a live key or a token made is not among them, nor what nobody is known of
 */
export const testMade = (action: string): string =>
  `SELECT detail FROM audit JOIN keys ON keys.id = audit.actor WHERE action = '${action}' AND keys.mode = 'test'`
