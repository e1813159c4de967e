import { once } from 'node:events'

/** Lets a part of a listening source end it: what goes wrong in a callback has nobody to throw to. */
export interface Fault {
  readonly raise: (error: unknown) => void
  /** Resolves when the signal aborts; rejects with what was raised first, so that the runner shows it and starts the source anew. */
  readonly untilStopped: (signal: AbortSignal) => Promise<void>
}

export const createFault = (): Fault => {
  let raise: (error: unknown) => void = () => {}
  const raised = new Promise<never>((_, reject) => {
    raise = reject
  })
  // Heard through untilStopped; raised after the stop, it is the stop that already ended the source.
  raised.catch(() => {})
  return {
    raise,
    async untilStopped(signal) {
      if (!signal.aborted) await Promise.race([once(signal, 'abort'), raised])
    },
  }
}
