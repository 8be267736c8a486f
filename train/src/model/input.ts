/** A tensor's bytes 0 … 255 enter the network as 0 … 1; export puts the same factor in front of the ONNX graph. */
export const INPUT_SCALE = 1 / 255

/**
 * While it trains, the network sees (x − MEAN) / DEVIATION: with an input that is positive throughout, the first layers
 * mostly pass its mean on, and a network this deep without normalisation hardly leaves the start. Rounded figures of
 * preprocessed chest X-rays. They are not part of a saved model: they move into its first convolution, exactly, since it
 * has no padding (`TrainingNet.foldInto`).
 */
export const MEAN = 0.45
export const DEVIATION = 0.28

/** Byte → what the network sees while it trains. */
export const standardised = (byte: number): number => (byte * INPUT_SCALE - MEAN) / DEVIATION
