import { performance } from 'node:perf_hooks'
import { type Client, Metadata, type StatusObject } from '@grpc/grpc-js'
import { messageOf } from '../../shared/errors.ts'
import type { picket } from '../../shared/wire/generated/picket.js'
import { uplinkService } from '../../shared/wire/service.ts'
import type { Buffer } from '../buffer/contract.ts'
import { createDelivery } from './delivery.ts'
import type { Pace } from './pace.ts'

export const REFUSAL_KINDS = ['UNKNOWN', 'REVOKED', 'EXPIRED', 'CLOCK_SKEW', 'DUPLICATE', 'BAD_BATCH'] as const
export type RefusalKind = (typeof REFUSAL_KINDS)[number]

/** Why a stream ended, in words for a person, and what follows from it. */
export interface SessionEnd {
  readonly reason: string
  readonly refusal?: RefusalKind | undefined
  /** The stream did its work: the next failure starts the back-off anew. */
  readonly useful: boolean
}

export interface SessionOptions {
  readonly client: Client
  readonly buffer: Buffer
  readonly pace: Pace
  readonly hello: picket.v1.Hello.$Properties
  readonly heartbeat: () => picket.v1.Heartbeat.$Properties
  readonly onWelcome: (welcome: picket.v1.Welcome.$Properties) => void
  readonly onPack: (signedPack: Uint8Array) => Promise<picket.v1.PackStatus.$Properties | undefined>
  readonly onCommand: (command: picket.v1.Command.$Properties) => Promise<picket.v1.CommandResult.$Properties>
  /** Ends the stream, after what is on the way had a moment to be acknowledged. */
  readonly signal: AbortSignal
}

const WELCOME_WITHIN_MS = 15_000
/** A stream that lived this long, or had an acknowledgement, was not a failed attempt. */
const USEFUL_AFTER_MS = 10_000
const FAREWELL_MS = 1_500
const DEFAULTS = { heartbeatMs: 10_000, ackDeadlineMs: 30_000, creditBytes: 1024 * 1024 }

/** Runs one stream from Hello to its end. Always resolves. */
export function runSession(options: SessionOptions): Promise<SessionEnd> {
  const { client, buffer, pace, signal } = options
  return new Promise((resolve) => {
    const startedAtMs = performance.now()
    const { path, requestSerialize, responseDeserialize } = uplinkService.connect
    const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, new Metadata())
    const timers = new Set<NodeJS.Timeout>()
    let acked = false
    let ended = false

    const write = (message: picket.v1.SensorMessage.$Properties) => {
      if (!ended) call.write(message)
    }
    const delivery = createDelivery({ buffer, pace, send: (batch) => write({ batch }), monotonicMs: () => performance.now() })

    const end = (reason: string, refusal?: RefusalKind) => {
      if (ended) return
      ended = true
      for (const timer of timers) clearTimeout(timer)
      stopListening()
      signal.removeEventListener('abort', farewell)
      delivery.close()
      const suspect = delivery.oldest()
      if (refusal === 'BAD_BATCH' && suspect) pace.refused(suspect)
      call.cancel()
      resolve({ reason, refusal, useful: acked || performance.now() - startedAtMs > USEFUL_AFTER_MS })
    }
    // The buffer cannot be read, or an answer made no sense: end this stream, the next one starts from what is on disk.
    const fail = (error: unknown) => end(messageOf(error))
    const pump = () => void delivery.pump().catch(fail)
    const stopListening = buffer.onAppended(pump)

    function farewell() {
      delivery.close()
      call.end()
      const giveUp = setTimeout(() => end('stopped'), FAREWELL_MS)
      timers.add(giveUp)
      if (delivery.idle()) end('stopped')
    }

    function welcome(message: picket.v1.Welcome.$Properties) {
      clearTimeout(welcomeTimer)
      delivery.welcome({
        marks: (message.marks ?? []).map(({ epoch, through }) => ({ epoch: epoch ?? '', through: through ?? 0 })),
        creditBytes: message.creditBytes || DEFAULTS.creditBytes,
        ackDeadlineMs: message.ackDeadlineMs || DEFAULTS.ackDeadlineMs,
      })
      const deadlineMs = message.ackDeadlineMs || DEFAULTS.ackDeadlineMs
      timers.add(
        setInterval(
          () => {
            if (!delivery.overdue()) return
            pace.stalled()
            end(`no acknowledgement for ${Math.round(deadlineMs / 1_000)} s`)
          },
          Math.min(1_000, deadlineMs / 4),
        ),
      )
      const beat = () => {
        try {
          write({ heartbeat: options.heartbeat() })
        } catch (error) {
          fail(error)
        }
      }
      timers.add(setInterval(beat, Math.min(Math.max(message.heartbeatMs || DEFAULTS.heartbeatMs, 200), 300_000)))
      options.onWelcome(message)
      beat()
      pump()
    }

    function receive(message: picket.v1.HubMessage.$Properties) {
      if (message.welcome) welcome(message.welcome)
      else if (message.ack) {
        acked = true
        delivery.acked(message.ack.epoch ?? '', message.ack.through ?? 0, message.ack.creditBytes ?? 0)
        if (signal.aborted && delivery.idle()) end('stopped')
        else pump()
      } else if (message.pack) {
        void options.onPack(message.pack.signedPack ?? new Uint8Array()).then((packStatus) => packStatus && write({ packStatus }), fail)
      } else if (message.command) void options.onCommand(message.command).then((commandResult) => write({ commandResult }), fail)
      else if (message.refusal) end(`the hub refused: ${message.refusal.detail || message.refusal.kind}`, refusalKind(message.refusal.kind ?? ''))
      // Anything else comes from a newer hub: what this version does not know it leaves alone.
    }

    call.on('data', (message: picket.v1.HubMessage.$Properties) => {
      // What comes after the end of a stream belongs to nobody.
      if (ended) return
      try {
        receive(message)
      } catch (error) {
        end(messageOf(error))
      }
    })
    call.on('error', (error) => end(statusReason(error), refusalKind(Reflect.get(error, 'details'))))
    call.on('status', (answer: StatusObject) => end(statusReason(answer), refusalKind(answer.details)))
    const welcomeTimer = setTimeout(() => end(`the hub did not answer within ${WELCOME_WITHIN_MS / 1_000} s`), WELCOME_WITHIN_MS)
    timers.add(welcomeTimer)
    signal.addEventListener('abort', farewell, { once: true })
    write({ hello: options.hello })
    if (signal.aborted) farewell()
  })
}

/** Refusals come as a message, or, from before a stream exists, as the first word of a status. */
const refusalKind = (text: unknown): RefusalKind | undefined => {
  const first = typeof text === 'string' ? /^[A-Z_]+/.exec(text)?.[0] : undefined
  return REFUSAL_KINDS.find((kind) => kind === first)
}

const statusReason = (status: { details?: unknown; message?: unknown }): string =>
  String(status.details || status.message || 'the hub closed the stream')
