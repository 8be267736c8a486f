/** JPEG, JPEG-LS, JPEG 2000. */
export const isCodestream = (bytes: Uint8Array) =>
  bytes[0] === 0xff && (bytes[1] === 0xd8 || bytes[1] === 0x4f) && bytes[2] === 0xff
