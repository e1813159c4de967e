/** Where in a rule's document something stands: `['detection', 'selection', 'Image|endswith', 2]`. */
export type RulePath = readonly (string | number)[]

/** Why one rule cannot be used. Thrown while a rule is read and turned into a RuleProblem by the caller, which knows the file. */
export class RuleFault extends Error {
  readonly path: RulePath
  /** 1-based, where it is known without looking for `path`. */
  readonly line: number | undefined

  /** @param code - the RuleProblem's stable name; @param place - the nearest place known where it is thrown; callers put their part of the path before it */
  constructor(
    readonly code: string,
    reason: string,
    place: { readonly path?: RulePath | undefined; readonly line?: number | undefined } = {},
  ) {
    super(reason)
    this.name = 'RuleFault'
    this.path = place.path ?? []
    this.line = place.line
  }
}

/** Runs `read`; a fault it throws gets `step` before its path, and `subject` before its reason. */
export function within<T>(step: string | number, subject: string | undefined, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof RuleFault)) throw error
    const reason = subject === undefined ? error.message : `${subject}: ${error.message}`
    throw new RuleFault(error.code, reason, { path: [step, ...error.path], line: error.line })
  }
}
