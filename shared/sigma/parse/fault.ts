/** Why one rule cannot be used. Thrown while a rule is read and turned into a RuleProblem by the caller, which knows the file. */
export class RuleFault extends Error {
  /** @param code - the RuleProblem's stable name; @param line - 1-based, where nearer than the rule's first line is known */
  constructor(
    readonly code: string,
    reason: string,
    readonly line?: number,
  ) {
    super(reason)
    this.name = 'RuleFault'
  }
}
