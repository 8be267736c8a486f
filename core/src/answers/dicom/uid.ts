import { namedUuid } from '../../base/named-uuid.ts'

/** A UID of a name, always the same one: 2.25.<UUID as a decimal number> (PS3.5, annex B.2). */
export const uidOf = async (name: string): Promise<string> => `2.25.${BigInt(`0x${await namedUuid(name)}`)}`
