const UID = /^(?=.{1,64}$)\d+(\.\d+)*$/

/** Whether a text is a UID: numbers with dots between them, at most 64 characters (PS3.5, section 9.1). A number that begins with 0 breaks the rule and is met with; it passes. */
export const isUid = (text: string): boolean => UID.test(text)
