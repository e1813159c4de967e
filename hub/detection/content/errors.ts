import { type ErrorKind, ExpectedError } from '../../../shared/errors.ts'
import type { StoredException, StoredRule, ValueList } from './ports.ts'

/** Where in a rule's text, or in what was sent, something is wrong. */
export interface ContentProblem {
  readonly field: string
  readonly message: string
}

/** A change to a tenant's rules, exceptions or value lists that is not made; `code` and the message say why. */
export class ContentRefused extends ExpectedError {
  constructor(
    readonly kind: ErrorKind,
    readonly code: string,
    message: string,
    readonly errors?: readonly ContentProblem[],
  ) {
    super(message)
  }
}

export const ruleNotFound = () => new ContentRefused('not_found', 'RULE_NOT_FOUND', 'There is no such rule.')

/** Somebody else was faster. Carries the thing as it is now. */
export class ContentChanged extends ExpectedError {
  readonly code = 'VERSION_CONFLICT'
  readonly kind = 'conflict'
  constructor(readonly current: { rule: StoredRule } | { exception: StoredException } | { valueList: ValueList }) {
    super('It has changed since it was read.')
  }
}

/** @param limit - the most there may be of them */
export const tooMany = (what: string, limit: number) =>
  new ContentRefused('conflict', 'LIMIT_REACHED', `There may be ${limit.toLocaleString('en-US')} ${what}; delete one that is not needed any more.`)
