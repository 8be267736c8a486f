/**
 * Views of DICOM's code list for projection radiography that are not frontal (PS3.16 CID 4010 "DX View"; SNOMED CT, and the older SRT codes of
 * the laterals). Frontal, antero-posterior and postero-anterior are left.
 */
const NOT_FRONTAL_CODES = new Set([
  ...['399160007', '399312000', '399038007', '399006002', '399059000', '399356000', '399135007'], // obliques of frontal views
  ...['399236003', '399184004', '260427002', '260426006'], // other obliques
  ...['399198007', '399173006', '399260004', '399352003', '30730003', 'R-10232', 'R-10236'], // laterals, sagittal
  ...['399061009', '399162004', '399196006', '399004004'], // along the body
])

/** Defined terms of View Position (PS3.3 C.8.11.1), those of mammography, and what consoles write: whole words. */
const NOT_FRONTAL_WORDS = new Set(
  `LL RL LLO RLO LAO RAO LPO RPO LAOBL RAOBL LPOBL RPOBL OAD OAI OPD OPI
   ML LM CC MLO LMO XCC XCCL XTABLE XTL XT XLAT SAGITTAL TANG TANGENTIAL SWIMMER SWIMMERS TRANSTHORACIC
   YAN ПРОФИЛЬ`.split(/\s+/),
)

/**
 * Beginnings of words for a view from the side or at a slant: English, German, Dutch, Danish, Swedish, Norwegian; Latin's and its daughters';
 * Polish, Czech, Croatian; Finnish, Hungarian, Turkish; Russian, Greek.
 */
const NOT_FRONTAL_STEMS =
  /^(LAT|OBL|PROFIL|PERFIL|SEIT|SCHRAG|SCHRAEG|SCHRAE|ZIJD|ZIJL|DWARS|SCHUIN|SIDEB|SIDEO|SIDOB|SIDOP|SIDELEIE|SKRA|SNED|BOCZN|BOKOW|SKOSN|BOCN|SIKM|KOS[OA]|SIVUK|SIVUL|VIISTO|OLDALIR|FERDE|YANDAN|LATER|БОК|КОС|ЛАТЕР|ПЛАГ|ΠΛΑΓ|ΛΟΞ)/

/** Chinese, Japanese and Korean: side, slanting. */
const NOT_FRONTAL_SIGNS = /[側侧斜측]|옆|사위/u

const FRONTAL_WORD = /^(PA|AP|DV|VD|FRONT\w*|POSTEROANT\w*|ANTEROPOST\w*|POSTERO|ANTERO)$/

/** Words of a text: without accents, in capitals. */
const wordsOf = (text: string): string[] => text.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '')

/** Whether a view's text names a side view, an oblique or a cross-table view; decubitus positions of frontal views do not. */
export function namesNotFrontal(text: string): boolean {
  // Lying on the back or the belly, with a horizontal beam, is a view from the side; lying on a side is not.
  if (/(DORSAL|VENTRAL) ?DECUB/.test(text)) return true
  const decubitus = /DECUB|\b[LR]LD\b/.test(text)
  const crossTable = /(CROSS|X)[^A-Z]?TABLE|XTABLE|HORIZONTAL BEAM/.test(text)
  const slanting = wordsOf(text).some((word) =>
    decubitus ? /^OBL/.test(word) : NOT_FRONTAL_WORDS.has(word) || isSide(word),
  )
  return crossTable || slanting || (!decubitus && NOT_FRONTAL_SIGNS.test(text))
}

/** LAT may stand at the end of a word (LLAT, PALAT), LATERAL anywhere; both sides (BILATERAL) are no view. */
const isSide = (word: string): boolean =>
  !/^(BI|UNI|IPSI|CONTRA)LAT/.test(word) &&
  (NOT_FRONTAL_STEMS.test(word) || /LATERA/.test(word) || (/LAT$/.test(word) && word !== 'FLAT'))

/** Whether a text names a frontal view, perhaps beside others. */
export const namesFrontal = (text: string): boolean => wordsOf(text).some((word) => FRONTAL_WORD.test(word))

export const isNotFrontalCode = (code: string): boolean => NOT_FRONTAL_CODES.has(code)
