import { HOUR_MS, MINUTE_MS, sleep } from '../../shared/durations.ts'
import type { picket } from '../../shared/wire/generated/picket.js'
import { enrollmentService } from '../../shared/wire/service.ts'
import type { Log } from '../log.ts'
import { openChannel } from './channel.ts'
import { checkIssued, makeCertificateRequest } from './enroll.ts'
import { certificateLife, type Identity } from './identity.ts'

const DEADLINE_MS = 20_000
/** Looks at the clock at least this often: a timer set weeks ahead would not notice that the clock was put right. */
const LOOK_EVERY_MS = MINUTE_MS
const LIFE_BEFORE_RENEWAL = 2 / 3
/** Spread over a tenth of its life, so that sensors enrolled together do not come together. */
const JITTER = 0.1

export interface RenewalOptions {
  readonly identity: () => Identity
  readonly address: string
  /** Keeps the new identity; only then is it used. */
  readonly replace: (identity: Identity) => Promise<void>
  readonly now: () => Date
  readonly random: () => number
  readonly log: Log
  readonly signal: AbortSignal
}

/** Renews the certificate at two thirds of its life, again and again until the signal aborts. A failure is tried again well before the end. */
export async function keepRenewed({ identity, address, replace, now, random, log, signal }: RenewalOptions): Promise<void> {
  let share = LIFE_BEFORE_RENEWAL + random() * JITTER
  while (!signal.aborted) {
    const { notBefore, notAfter } = certificateLife(identity())
    const lifeMs = notAfter.getTime() - notBefore.getTime()
    const dueMs = notBefore.getTime() + lifeMs * share - now().getTime()
    if (dueMs > 0) {
      await sleep(Math.min(dueMs, LOOK_EVERY_MS), signal)
      continue
    }
    try {
      await replace(await renew(identity(), address, signal))
      share = LIFE_BEFORE_RENEWAL + random() * JITTER
      log.info({ notAfter: certificateLife(identity()).notAfter.toISOString() }, 'certificate renewed')
    } catch (error) {
      if (signal.aborted) return
      const leftMs = notAfter.getTime() - now().getTime()
      const message =
        leftMs > 0 ? 'cannot renew the certificate; trying again' : 'the certificate has ended and cannot be renewed; enrol again with --force'
      if (leftMs > lifeMs / 10) log.warn({ err: error, notAfter: notAfter.toISOString() }, message)
      else log.error({ err: error, notAfter: notAfter.toISOString() }, message)
      // A tenth of what is left, so that there are many tries before the end; jitter for the same reason as above.
      await sleep(Math.min(HOUR_MS, Math.max(1_000, Math.abs(leftMs) / 10)) * (0.5 + random() / 2), signal)
    }
  }
}

/** One renewal: a new key, a request for it, sent over mTLS with the certificate in force. Rejects at once when the signal aborts: a stop waits for no hub. */
export async function renew(identity: Identity, address: string, signal: AbortSignal): Promise<Identity> {
  const { csr, keyPem } = makeCertificateRequest()
  const response = await new Promise<picket.v1.EnrollResponse.$Properties>((resolve, reject) => {
    const client = openChannel(address, identity)
    const { path, requestSerialize, responseDeserialize } = enrollmentService.renew
    const options = { deadline: Date.now() + DEADLINE_MS }
    const call = client.makeUnaryRequest(path, requestSerialize, responseDeserialize, { csr }, options, (error, answer) => {
      signal.removeEventListener('abort', giveUp)
      client.close()
      if (answer) resolve(answer)
      else reject(error ?? new Error('no answer'))
    })
    const giveUp = () => call.cancel()
    signal.addEventListener('abort', giveUp, { once: true })
  })
  return checkIssued({
    ...identity,
    keyPem,
    certificatePem: response.certificatePem ?? '',
    caPem: response.caPem || identity.caPem,
    packKeysPem: response.packKeysPem?.length ? response.packKeysPem : identity.packKeysPem,
  })
}
