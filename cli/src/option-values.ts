import { isDay, isUtcTime } from '@detl/core/base/calendar'
import { InvalidArgumentError } from 'commander'

/**
 * Reads an option's whole number, for `command.option(…, wholeNumber(0, 9), …)`.
 * @throws InvalidArgumentError that says what is accepted
 */
export const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text)
    if (text.trim() === '' || !Number.isInteger(value) || value < least || value > most)
      throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`)
    return value
  }

/** Reads an option's day. @throws InvalidArgumentError for what is none, such as 2026-02-30 */
export function day(text: string): string {
  if (!isDay(text)) throw new InvalidArgumentError('It is a day that there is, such as 2026-11-01.')
  return text
}

/** Reads an option's time in UTC. @throws InvalidArgumentError for what is none, such as 2026-02-30T00:00:00Z */
export function utcTime(text: string): string {
  if (!isUtcTime(text))
    throw new InvalidArgumentError('It is a time in UTC that there is, such as 2027-01-31T00:00:00Z.')
  return text
}
