/** What was odd about a file that was read all the same. Codes are API. */
export type FileRemark =
  /** The file names no transfer syntax: its bytes told how to read it. */
  | 'transfer-syntax-missing'
  /** It names one that its bytes are not written in: the bytes were believed. */
  | 'transfer-syntax-wrong'
  /** All pixels are there, but what must follow them is missing or damaged. */
  | 'end-missing'
