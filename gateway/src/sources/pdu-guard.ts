import type { Socket } from 'node:net'

/** Of a PDU that the library may gather in memory: ours has at most 256 KiB; an association request with many contexts stays below it too. */
export const MAX_PDU = 2 ** 18
const HEAD = 6

/**
 * Ends a connection that announces a PDU which nobody would send: the library gathers whatever length is announced (PS3.8, section 9.3).
 * @returns for each piece that arrives: whether it may go on
 */
export function pduGuard(limit = MAX_PDU + 1024): (piece: Uint8Array) => boolean {
  const head: number[] = []
  let left = 0
  return (piece) => {
    let at = 0
    while (at < piece.length) {
      if (left > 0) {
        const step = Math.min(left, piece.length - at)
        left -= step
        at += step
        continue
      }
      head.push(piece[at++]!)
      if (head.length < HEAD) continue
      left = ((head[2]! << 24) | (head[3]! << 16) | (head[4]! << 8) | head[5]!) >>> 0
      head.length = 0
      if (left > limit) return false
    }
    return true
  }
}

export function guardSocket(socket: Socket): void {
  const allows = pduGuard()
  socket.prependListener('data', (piece: Buffer) => {
    if (!allows(piece)) socket.destroy(new Error('a PDU is longer than was agreed'))
  })
}
