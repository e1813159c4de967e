/** One measured answer about a source's health. */
export interface ConnectorCheck {
  readonly type: 'connectivity' | 'authentication' | 'data_flow'
  readonly status: 'pass' | 'fail' | 'unknown'
  readonly message: string
  /** Milliseconds, where something was timed. */
  readonly latencyMs?: number | undefined
}
