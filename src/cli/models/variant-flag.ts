/** Of the commands that are about one model. */
export interface VariantFlag {
  readonly variant?: string;
}
