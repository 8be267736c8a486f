import type { Server, Socket } from 'node:net'

export type Connections = {
  /** It has an association: it may stay, and counts as one. */
  readonly associated: (socket: Socket) => void
  readonly associations: () => number
  readonly destroyAll: () => void
}

/** Connections beyond the associations, so that who is one too many is told why. */
const SPARE = 8

/**
 * Who holds connections to a DICOM port. A stranger needs no AE title to hold one: without an association it has `withinMs` (the ARTIM timer of
 * PS3.8, section 9.1.5), and where very many have none, the oldest of them makes room.
 */
export function watchConnections(
  server: Server,
  { maxAssociations, withinMs }: { maxAssociations: number; withinMs: number },
): Connections {
  const waiting = new Map<string, Socket>()
  const open = new Set<Socket>()
  const associated = new Set<string>()
  // Of TLS this is the socket below: nothing need have been spoken yet.
  server.on('connection', (socket: Socket) => {
    const name = nameOf(socket)
    const timer = setTimeout(() => waiting.get(name)?.destroy(), withinMs)
    open.add(socket)
    waiting.set(name, socket)
    socket.once('close', () => {
      clearTimeout(timer)
      open.delete(socket)
      waiting.delete(name)
      associated.delete(name)
    })
    const [oldest] = waiting.values()
    if (waiting.size > maxAssociations + SPARE) oldest?.destroy()
  })
  return {
    associated(socket) {
      const name = nameOf(socket)
      if (waiting.delete(name)) associated.add(name)
    },
    associations: () => associated.size,
    destroyAll: () => {
      for (const socket of open) socket.destroy()
    },
  }
}

/** The same of a TLS socket and of the one below it. */
const nameOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`
