/** What every answer says of itself. */
export const DISCLAIMER =
  'Research software, not a medical device. The scores assist a qualified reader; they are not a diagnosis.'
