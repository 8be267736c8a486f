import { parseAccept } from 'hono/utils/accept'

/** Whether who sends this header reads FHIR, and so wants a refusal as FHIR too: no other type is more wanted. */
export const prefersFhir = (accept: string | undefined): boolean =>
  accept !== undefined &&
  [...parseAccept(accept)].sort((a, b) => b.q - a.q)[0]?.type.toLowerCase() === 'application/fhir+json'
