import { printableLines } from '@detl/core/base/printable'
import { ConvertError } from './errors.ts'

/** Errors of the converter end a command with one line on stderr and exit code 1; anything else is a bug and is thrown. */
export const reporting =
  <A extends unknown[]>(action: (...args: A) => void | Promise<void>) =>
  async (...args: A): Promise<void> => {
    try {
      await action(...args)
    } catch (error) {
      if (!(error instanceof ConvertError)) throw error
      console.error(`detl: ${printableLines(error.message)}`) // it quotes names of layers
      process.exitCode = 1
    }
  }
