/** One row of the table. */
export interface Case {
  readonly processes: number
  readonly threads: number
  /** For tasks: no queue listens here. */
  readonly connections: number
}

export interface Times {
  /** On the average; each is drawn from an exponential distribution. */
  readonly computeMillis: number
  readonly holdMillis: number
}

export type Order =
  | {
      readonly kind: 'prepare'
      readonly connectionString: string
      readonly each: Case
      readonly times: Times
    }
  | { readonly kind: 'measure'; readonly millis: number }
  | { readonly kind: 'close' }

export type Answer =
  | { readonly kind: 'ready' | 'closed' }
  | {
      readonly kind: 'measured'
      readonly tasks: number
      readonly seconds: number
      readonly waitMillis: number
      readonly holdMillis: number
    }
