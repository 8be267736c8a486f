/** A reduced image on the 16-bit scale: 0 … 65535 whatever the source's depth. Row-major, length width × height. */
export type WorkingImage = { readonly width: number; readonly height: number; readonly data: Uint16Array }
