/** What the broker's `warning` event tells. */
export interface LeaseWarning {
  /** Stable: `PGLEASE_LEAK` or `PGLEASE_OPEN_TRANSACTION`. */
  code: 'PGLEASE_LEAK' | 'PGLEASE_OPEN_TRANSACTION'
  message: string
  database: string
  /** The thread and the task. */
  holder: string
  heldMillis: number
  /** The stack of the call that opened the lease, while `leakDetectionMillis` is set. */
  openedAt: string | undefined
}

export type WarningListener = (warning: LeaseWarning) => void
