/**
 * Work that patterns may do on one event, all together, in steps of some 20 ns: about 20 ms. Of 20 thousand real Windows events under all public rules
 * the dearest takes 50 thousand (the first for which an automaton is made), the next 3 thousand.
 */
const EVENT_STEPS = 1_000_000
/** Once that is spent, each further question still gets so much, which is what an ordinary value costs; and all of those together as much again. */
const LEAST_STEPS = 2_000
const RESERVE_STEPS = 1_000_000

/** What V8's engine may cost where it goes back and forth, counted as the square of a value's length; past it the automaton takes over. */
const BACKTRACK_STEPS = 1_000_000
const SQUARES_BY_STEP = 8

/**
 * What bounds the time of wildcards and regular expressions on one event, whatever the rules and the event. A question that is out of steps is answered
 * "no" from there on: what is left of its values is not looked at.
 */
export class WorkBudget {
  #event = EVENT_STEPS
  #reserve = RESERVE_STEPS
  #backtracks = BACKTRACK_STEPS
  #question = 0
  #inReserve = false

  beginEvent(): void {
    this.#event = EVENT_STEPS
    this.#reserve = RESERVE_STEPS
    this.#backtracks = BACKTRACK_STEPS
    this.#question = 0
  }

  /** Begins one question to all values of a field. */
  beginQuestion(): void {
    this.#inReserve = this.#event < LEAST_STEPS
    this.#question = this.#inReserve ? Math.min(LEAST_STEPS, this.#reserve) : this.#event
  }

  /** Steps that the question may still take. */
  get left(): number {
    return this.#question
  }

  /** @returns whether there was as much left */
  spend(steps: number): boolean {
    // A question that goes over its share takes no more of what is for the others.
    const taken = Math.min(steps, this.#question)
    if (this.#inReserve) this.#reserve -= taken
    else this.#event -= taken
    this.#question -= taken
    return steps <= taken
  }

  /** Whether a value of this length may be given to an engine that goes back and forth. */
  mayBacktrack(length: number): boolean {
    const steps = (length * length) / SQUARES_BY_STEP
    if (steps > this.#backtracks) return false
    this.#backtracks -= steps
    return true
  }
}
