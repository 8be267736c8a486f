const FIRST_BYTES = 65_536
/** Once a sixteenth of what was declared has come, the rest is believed. */
const BELIEVED_AFTER = 16

/**
 * Bytes to keep room for while a body comes. To declare a length costs its sender nothing: who declares much and sends little holds little.
 * @param declared length of the body; 0 where it does not say
 * @param read bytes that came; more than declared where they were compressed
 */
export function roomFor(declared: number, read: number, maxBytes: number): number {
  const believed = read > 0 && read <= declared && read * BELIEVED_AFTER >= declared
  return Math.min(maxBytes, believed ? declared : Math.max(2 * read, FIRST_BYTES))
}
