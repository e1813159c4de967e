import { X509Certificate } from 'node:crypto'
import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  ServerInterceptingCall,
  type ServerInterceptor,
  type ServerUnaryCall,
  type ServiceError,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js'
import { HealthImplementation } from 'grpc-health-check'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { HOUR_MS } from '../../shared/durations.ts'
import { type ErrorKind, ExpectedError, messageOf } from '../../shared/errors.ts'
import type { Logger } from '../../shared/log.ts'
import type { picket } from '../../shared/wire/generated/picket.js'
import { CHANNEL_OPTIONS, MAX_MESSAGE_BYTES } from '../../shared/wire/limits.ts'
import { enrollmentService, uplinkService } from '../../shared/wire/service.ts'
import type { Authority } from '../fleet/authority.ts'
import type { SensorGate } from '../fleet/gate.ts'
import { type RefusalKind, SensorRefused } from '../fleet/sensor-identity.ts'
import type { IngestCounters } from './counters.ts'
import { listenTls } from './tls-listener.ts'
import type { UplinkSession, UplinkWire } from './uplink-session.ts'

/** Headers of one call; ours send about ten. Node's HTTP/2 refuses more than 128 pairs or 64 KiB before they get here. */
const MOST_HEADERS = 64
/** Failed enrolments one address may have in a minute. */
const MOST_FAILED_ENROLLMENTS = 30
/** Messages to a sensor that does not read them. Acks are small, but not free. */
const MOST_UNSENT_MESSAGES = 4_096

type UplinkStream = ServerDuplexStream<picket.v1.SensorMessage, picket.v1.HubMessage.$Properties>

export interface IngestServerOptions {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  readonly authority: Authority
  readonly gate: SensorGate
  /** Serves one stream; see `startUplinkSession`. @throws {SensorRefused} */
  readonly startSession: (identity: Awaited<ReturnType<SensorGate['identify']>>, wire: UplinkWire) => UplinkSession
  readonly counters: IngestCounters
  readonly clock: () => Date
  readonly log: Logger
}

export interface IngestServer {
  readonly port: number
  /** Lets calls end for `graceMs`, then cuts them. */
  close(graceMs?: number): Promise<void>
}

/**
 * The hub's gRPC port: enrolment for whoever brings a token, renewal and the uplink for whoever shows a certificate of ours, and the
 * standard health service. Who speaks is decided per call from the connection's certificate.
 */
export async function startIngestServer(options: IngestServerOptions): Promise<IngestServer> {
  const { authority, gate, counters, clock, log } = options
  const failures = new RateLimiterMemory({ points: MOST_FAILED_ENROLLMENTS, duration: 60 })
  const server = new Server({ ...CHANNEL_OPTIONS, 'grpc-node.max_session_memory': 2 * (MAX_MESSAGE_BYTES / 1_048_576), interceptors: [boundHeaders] })
  const health = new HealthImplementation({ '': 'SERVING', 'picket.v1.Uplink': 'SERVING', 'picket.v1.Enrollment': 'SERVING' })
  health.addToServer(server)

  const sessions = new Set<UplinkSession>()
  const identify = (call: { getPeer(): string }) => gate.identify(listener.peerCertificate(call.getPeer()))

  server.addService(enrollmentService, {
    enroll: unary(log, counters, async (call: ServerUnaryCall<picket.v1.EnrollRequest, picket.v1.EnrollResponse.$Properties>) => {
      const address = call.getPeer().replace(/:\d+$/, '')
      const spent = await failures.get(address)
      if (spent && spent.remainingPoints <= 0) throw new TooManyFailures('too many failed enrolments from this address; wait a minute')
      try {
        return await gate.enroll(call.request)
      } catch (error) {
        if (error instanceof ExpectedError && error.kind !== 'unavailable') await failures.penalty(address)
        throw error
      }
    }),
    renew: unary(log, counters, async (call: ServerUnaryCall<picket.v1.RenewRequest, picket.v1.EnrollResponse.$Properties>) =>
      gate.renew(await identify(call), call.request),
    ),
  })

  server.addService(uplinkService, {
    connect(call: UplinkStream) {
      const wire = wireOf(call)
      // Nothing is read before it is known who speaks.
      call.pause()
      call.on('error', (error) => log.debug({ reason: messageOf(error) }, 'an uplink stream broke'))
      identify(call)
        .then((identity) => {
          if (call.cancelled) return
          const session = options.startSession(identity, wire)
          sessions.add(session)
          call.on('data', (message: picket.v1.SensorMessage) => session.receive(message))
          call.on('end', () => session.finished())
          for (const over of ['cancelled', 'close', 'error']) {
            call.on(over, () => {
              sessions.delete(session)
              session.gone()
            })
          }
          call.resume()
        })
        .catch((error: unknown) => {
          if (error instanceof SensorRefused) {
            counters.refused[error.reason] += 1
            wire.send({ refusal: { kind: error.reason, detail: error.message } })
          } else if (!(error instanceof ExpectedError)) log.error({ err: error }, 'an uplink could not be opened')
          call.emit('error', toStatus(error))
        })
    },
  })

  const injector = server.createConnectionInjector(ServerCredentials.createInsecure())
  const listener = await listenTls({
    host: options.host,
    port: options.port,
    caPem: authority.caPem,
    certificate: await authority.serverCertificate(clock()),
    isSensor: (certificate) => isIssuedBy(authority, certificate),
    onConnection: (socket) => injector.injectConnection(socket),
  })
  const renewal = setInterval(() => {
    authority
      .serverCertificate(clock())
      .then(listener.setCertificate, (error: unknown) => log.error({ err: error }, "the hub's certificate could not be renewed"))
  }, 12 * HOUR_MS).unref()

  return {
    port: listener.port,
    async close(graceMs = 2_000) {
      clearInterval(renewal)
      health.setStatus('', 'NOT_SERVING')
      const closed = listener.close()
      // What is here is still committed and acknowledged; the sensors find another hub, or this one when it is back.
      for (const session of sessions) session.finished()
      injector.drain(graceMs)
      injector.destroy()
      await new Promise<void>((resolve) => {
        const cut = setTimeout(() => server.forceShutdown(), graceMs)
        server.tryShutdown(() => {
          clearTimeout(cut)
          resolve()
        })
      })
      await closed
    },
  }
}

class TooManyFailures extends ExpectedError {
  readonly code = 'TOO_MANY_FAILURES'
  readonly kind = 'rate_limited'
}

function wireOf(call: UplinkStream): UplinkWire {
  return {
    send(message) {
      if (call.cancelled || call.destroyed || call.writableEnded) return
      if (call.writableLength > MOST_UNSENT_MESSAGES)
        return void call.emit('error', { code: status.RESOURCE_EXHAUSTED, details: 'messages are not being read' })
      call.write(message)
    },
    refuse: (kind, detail) => void call.emit('error', toStatus(new SensorRefused(kind, detail))),
    close: () => call.end(),
    pause: () => call.pause(),
    resume: () => call.resume(),
  }
}

const unary =
  <In, Out>(log: Logger, counters: IngestCounters, answer: (call: ServerUnaryCall<In, Out>) => Promise<Out>) =>
  (call: ServerUnaryCall<In, Out>, callback: sendUnaryData<Out>): void => {
    answer(call).then(
      (response) => callback(null, response),
      (error: unknown) => {
        if (error instanceof SensorRefused) counters.refused[error.reason] += 1
        if (!(error instanceof ExpectedError)) log.error({ err: error }, 'a call failed')
        callback(toStatus(error))
      },
    )
  }

const CODES: Record<ErrorKind, status> = {
  invalid: status.INVALID_ARGUMENT,
  unauthenticated: status.UNAUTHENTICATED,
  denied: status.PERMISSION_DENIED,
  not_found: status.NOT_FOUND,
  conflict: status.ABORTED,
  unavailable: status.UNAVAILABLE,
  rate_limited: status.RESOURCE_EXHAUSTED,
}

/** Refusals start with their kind, so that a sensor reads them also where no message could be sent. A bug is UNAVAILABLE to a sensor: it tries again. */
function toStatus(error: unknown): Pick<ServiceError, 'code' | 'details' | 'metadata' | 'name' | 'message'> {
  const metadata = new Metadata()
  const refusal: RefusalKind | undefined = error instanceof SensorRefused ? error.reason : undefined
  if (refusal) metadata.set('picket-refusal', refusal)
  const code = error instanceof ExpectedError ? CODES[error.kind] : status.UNAVAILABLE
  const message = error instanceof ExpectedError ? error.message : 'the hub cannot answer now'
  const details = refusal ? `${refusal}: ${message}` : message
  return { code, details, metadata, name: 'Refused', message: details }
}

const isIssuedBy = (authority: Authority, raw: Uint8Array): boolean => {
  try {
    const certificate = new X509Certificate(raw)
    return certificate.checkIssued(authority.ca) && certificate.verify(authority.ca.publicKey)
  } catch {
    // Not readable: a stranger.
    return false
  }
}

/** Refuses a call with too many headers before its handler sees it. */
const boundHeaders: ServerInterceptor = (_method, call) =>
  new ServerInterceptingCall(call, {
    start: (next) =>
      next({
        onReceiveMetadata: (metadata, pass) => {
          if (Object.keys(metadata.getMap()).length > MOST_HEADERS) call.sendStatus({ code: status.RESOURCE_EXHAUSTED, details: 'too many headers' })
          else pass(metadata)
        },
      }),
  })
