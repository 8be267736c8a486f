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
