import type { ClassList } from '@detl/core/model/class-list'
import type { Estimate, Manifest } from '@detl/core/model/manifest'
import type { Run } from '../run.ts'

/** report.json: every figure of an evaluated run. Shares are 0 … 1; intervals are of 95 %. */
export type Report = {
  /** What a reader must know before any figure. */
  headline: string
  /** What the networks tell apart. */
  classes: ClassList
  /** The class that comparisons are about. */
  focus: string
  run: Run
  images: { test: number; groups: number; folds: number; external: number }
  folds: { fold: number; n: number; accuracy: number; balancedAccuracy: number; temperature: number }[]
  foldAccuracy: { mean: number; sd: number }
  model: Summary
  counterTests: CounterTest[]
  calibration: { ece: Estimate; eceUncalibrated: number; brier: Estimate; bins: ReliabilityBin[] }
  operatingPoints: Partial<Record<string, OperatingPoints>>
  /** Where the networks leave out what they are least sure of; undefined of a multi-label list. */
  selective: SelectiveFigures | undefined
  shortcuts: ShortcutFigures[]
  subgroups: SubgroupFigures[]
  localisation: LocalisationFigures | undefined
  external: Summary | undefined
  /** Each class against the rest, and the counter-tests. */
  roc: RocFigure[]
  /** Where the figures above are those of ensembles: what one network alone reaches. */
  members: MemberFigures | undefined
  training: TrainingCurve[]
  /** With Data-A against without, where the run has both. */
  pretraining: Comparison | undefined
  /** Sources that a network was tested on without ever being trained on them. */
  leftOut: LeftOutFigures[]
  outOfDistribution: OutlierFigures | undefined
}

export type ClassFigures = {
  label: string
  n: number
  sensitivity: Estimate
  specificity: Estimate
  auc: Estimate
  /** The same, resampling groups. */
  aucByGroup: Estimate
  predictiveValues: { prevalence: number; ppv: Estimate; npv: Estimate }[]
}

export type Summary = {
  n: number
  /** Rows are true classes, columns called ones; undefined of a multi-label list. */
  confusion: number[][] | undefined
  accuracy: Estimate
  balancedAccuracy: Estimate
  classes: ClassFigures[]
}

/** The class in focus against another finding of one source, where neither the source nor its files can tell. */
export type CounterTest = {
  source: string
  focus: { label: string; n: number }
  against: { label: string; n: number }
  /** By DeLong. */
  auc: Estimate
  aucByGroup: Estimate
}

export type ShortcutFigures = {
  name: string
  title: string
  accuracy: Estimate
  balancedAccuracy: Estimate
  focusAuc: Estimate
}

export type ReliabilityBin = { from: number; to: number; count: number; confidence: number; accuracy: number }

export type OperatingPoints = NonNullable<NonNullable<Manifest['operatingPoints']>['normal']>

/** Balanced accuracy on all images, and on those that reach a threshold which the share `coverage` of validation images reaches. */
export type SelectiveFigures = {
  all: Estimate
  steps: {
    coverage: number
    threshold: number
    /** Share of test images that reach it. */
    answered: Estimate
    balancedAccuracy: Estimate
    /** How much higher it is than on all, by the same resamples. */
    gain: Estimate
  }[]
}

export type SubgroupFigures = {
  by: string
  value: string
  n: number
  accuracy: Estimate
  /** By group; undefined where all or none of the images are of the class in focus. */
  focusAuc: Estimate | undefined
}

/** Each figure beside what a map without knowledge would score. */
export type LocalisationFigures = {
  /** Share of images whose map's maximum lies in a radiologist's box (15 px of tolerance at 224 px). */
  pointing: {
    model: Estimate
    centre: Estimate
    /** Model minus centre on the same images, by group. */
    advantage: Estimate
    random: number
    iou: number
  }[]
  boxesOf: string[]
  lesions:
    | {
        n: number
        hit: Estimate
        centre: Estimate
        energy: number
        uniform: number
        /** Energy minus that of a uniform map, by group. */
        advantage: Estimate
        iou: number
      }
    | undefined
  lungs: { n: number; energy: number; uniform: number; advantage: Estimate } | undefined
  /** Maps without any positive cell. */
  empty: Estimate
}

/** A ROC curve with its pointwise 95 % band. Rates are 0 … 1, rounded to four digits for the page. */
export type RocFigure = {
  name: string
  /** Corners of the curve. */
  curve: { x: number; y: number }[]
  /** Interval of the true positive rate at each false positive rate of a grid. */
  band: { x: number; low: number; high: number }[]
}

export type MeanAndSd = { mean: number; sd: number }

/** What one network alone reaches, where the report's figures are those of ensembles. */
export type MemberFigures = {
  /** Networks a fold. */
  members: number
  /** Mean and standard deviation over the members; each member's figure is over the test images of all folds. */
  accuracy: MeanAndSd
  balancedAccuracy: MeanAndSd
  focusAuc: MeanAndSd
  each: { member: number; accuracy: number; balancedAccuracy: number; focusAuc: number }[]
}

/** How one stage of training went, as its history.json says. */
export type TrainingCurve = {
  /** Folder of the stage: pretrain, fold-0, fold-0-m2, scratch-fold-0 … */
  stage: string
  bestEpoch: number
  epochs: {
    epoch: number
    loss: number
    validationLoss: number
    accuracy: number
    validationAccuracy: number
    balancedAccuracy: number
  }[]
}

/** A difference of two models on the same images, with its 95 % interval; `a` and `b` are their own values. */
export type Difference = { a: number; b: number; difference: number; low: number; high: number }

export type Comparison = {
  a: string
  b: string
  images: number
  groups: number
  /** Folds whose test images both have scored. */
  folds: number[]
  balancedAccuracy: Difference
  focusAuc: Difference
  /** What the intervals allow to say, and no more. */
  sentence: string
}

/** What a network says of a source that it was never trained on. Thresholds come from the sources it knows. */
export type LeftOutFigures = {
  source: string
  /** The class in focus. */
  focus: string
  /** Images of the source, by class. */
  images: Partial<Record<string, number>>
  /** Share of its images of the class in focus that are called so. */
  recall: Estimate
  /** At the thresholds chosen on validation images of the other sources. */
  atYouden: { threshold: number; sensitivity: Estimate; specificity: Estimate }
  atScreening: { threshold: number; sensitivity: Estimate; specificity: Estimate }
  /** Within the source; undefined where it has no other finding. */
  counterTest: CounterTest | undefined
  /** The same share on held-out images of the sources that it was trained on. */
  recallElsewhere: Estimate
}

export type OutlierFigures = {
  /** Held-out frontal chest X-rays of the known sources, and how many of them are refused. */
  inside: Estimate
  kinds: {
    kind: string
    /** Made from held-out images or from nothing, not found. */
    made: boolean
    n: number
    /** Of the distance, against the held-out images; interval by Newcombe 2006. */
    auc: Estimate
    refused: Estimate
  }[]
  absent: { kind: string; reason: string }[]
}
