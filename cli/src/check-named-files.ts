import { AppError } from '@detl/core/api/problem'
import { irregular } from '@detl/train/data/regular-file'
import type { Command } from 'commander'

/** Each of their inputs has a line of its own, and one that is bad stops none of the others. */
const ONE_BY_ONE = new Set(['screen', 'batch'])

/**
 * Before any command: a pipe, socket or device that was named, as an argument or with an option, would be waited for or read without end.
 * @throws AppError request-invalid
 */
export function checkNamedFiles(command: Command): void {
  const { args } = command
  const named = [...(ONE_BY_ONE.has(command.name()) ? [] : args), ...Object.values(command.opts()).flat()]
  for (const value of named) {
    if (typeof value !== 'string') continue
    // `csv=TABLE=FOLDER` names two.
    for (const path of new Set([value, ...value.split('=')])) {
      const kind = irregular(path)
      if (kind !== undefined)
        throw new AppError('request-invalid', `${path} is ${kind}; a regular file or a folder is expected`)
    }
  }
}
