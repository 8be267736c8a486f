import { once } from 'node:events'
import { createServer } from 'node:net'
import { AppError } from '@detl/core/api/problem'

/** A port that is about to be listened on, and the option that chooses another. */
export type WantedPort = { readonly port: number; readonly option: string }

/**
 * Before anything is built or started: that all ports are free.
 * @throws AppError request-invalid that names the first that is not, and the option to change it
 */
export async function checkPorts(host: string, wanted: readonly WantedPort[]): Promise<void> {
  for (const [index, { port, option }] of wanted.entries()) {
    if (wanted.slice(0, index).some((other) => other.port === port))
      throw new AppError(
        'request-invalid',
        `port ${port} is wanted twice; choose another one with ${option} N`,
      )
    const server = createServer()
    try {
      server.listen(port, host)
      await once(server, 'listening')
    } catch (cause) {
      throw new AppError('request-invalid', portProblem(cause, { host, port, option }), { cause })
    }
    server.close()
    await once(server, 'close')
  }
}

function portProblem(cause: unknown, { host, port, option }: WantedPort & { host: string }): string {
  const { code } = cause as NodeJS.ErrnoException
  if (code === 'EADDRINUSE')
    return `port ${port} is in use by another program, maybe another start; choose another one with ${option} N`
  if (code === 'EACCES') return `port ${port} may not be used by you; choose one above 1023 with ${option} N`
  return `nothing can listen on port ${port} of ${host} (${code}); choose others with --host ADDRESS or ${option} N`
}
