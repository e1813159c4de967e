import { randomBytes, randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import { Server, ServerCredentials, type ServerDuplexStream, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js'
import { decodeEntries, unpackBatch } from '../../shared/wire/codec.ts'
import type { picket } from '../../shared/wire/generated/picket.js'
import { CHANNEL_OPTIONS } from '../../shared/wire/limits.ts'
import { enrollmentService, uplinkService } from '../../shared/wire/service.ts'
import { createTestAuthority, generatePackKey, type TestAuthority } from './certificates.ts'

type SensorMessage = picket.v1.SensorMessage.$Properties
type HubMessage = picket.v1.HubMessage.$Properties
type Stream = ServerDuplexStream<SensorMessage, HubMessage>
type Batch = picket.v1.Batch.$Properties

export interface FakeHubOptions {
  readonly authority?: TestAuthority
  readonly certificateLifeMs?: number
  readonly creditBytes?: number
  readonly ackDeadlineMs?: number
  readonly heartbeatMs?: number
  /** Called for each batch before it is kept: wait, throw, or return false to swallow it without an ack. */
  readonly beforeCommit?: (batch: Batch, entries: readonly picket.v1.Entry.$Properties[]) => Promise<boolean | undefined> | boolean | undefined
}

/**
 * The hub's side of the wire on a real gRPC server with real certificates, and the hub's rule for what counts once:
 * at or below the mark is a resend, above the mark plus one is a gap.
 */
export async function startFakeHub(options: FakeHubOptions = {}) {
  const authority = options.authority ?? (await createTestAuthority())
  const packKey = generatePackKey()
  const tokens = new Map<string, 'fresh' | 'used' | 'expired'>()
  const seen = {
    hellos: [] as picket.v1.Hello.$Properties[],
    heartbeats: [] as picket.v1.Heartbeat.$Properties[],
    packStatuses: [] as picket.v1.PackStatus.$Properties[],
    commandResults: [] as picket.v1.CommandResult.$Properties[],
    batches: [] as Batch[],
    certificates: [] as string[],
    /** Everything committed, in order. */
    events: [] as { epoch: string; lane: string; seq: number; text: string }[],
    tombstones: [] as picket.v1.Tombstone.$Properties[],
    resent: 0,
    gaps: 0,
    renewals: 0,
  }
  const marks = new Map<string, number>()
  const streams = new Set<Stream>()
  const behaviour = {
    creditBytes: options.creditBytes ?? 1024 * 1024,
    refuseWith: undefined as string | undefined,
    /** Offered after each Welcome. */
    pack: undefined as Uint8Array | undefined,
    beforeCommit: options.beforeCommit,
  }

  async function commit(stream: Stream, batch: Batch) {
    const entries = decodeEntries(await unpackBatch(batch))
    if ((await behaviour.beforeCommit?.(batch, entries)) === false) return
    const epoch = batch.epoch ?? ''
    const mark = marks.get(epoch) ?? 0
    if ((batch.first ?? 0) > mark + 1) seen.gaps++
    for (const { seq = 0, event, tombstone } of entries) {
      if ((seq ?? 0) <= mark) seen.resent++
      else if (event) seen.events.push({ epoch, lane: batch.lane ?? '', seq: seq ?? 0, text: Buffer.from(event.document ?? []).toString() })
      else if (tombstone) seen.tombstones.push(tombstone)
    }
    marks.set(epoch, Math.max(mark, batch.last ?? 0))
    stream.write({ ack: { epoch, through: marks.get(epoch) ?? 0, creditBytes: behaviour.creditBytes } })
  }

  function connect(stream: Stream) {
    streams.add(stream)
    stream.on('error', () => streams.delete(stream))
    stream.on('end', () => {
      streams.delete(stream)
      stream.end()
    })
    let work = Promise.resolve()
    stream.on('data', (message: SensorMessage) => {
      if (message.hello) {
        seen.hellos.push(message.hello)
        const auth = stream.getAuthContext().sslPeerCertificate
        if (auth) seen.certificates.push(auth.serialNumber)
        if (behaviour.refuseWith) return void stream.write({ refusal: { kind: behaviour.refuseWith, detail: `test: ${behaviour.refuseWith}` } })
        stream.write({
          welcome: {
            marks: (message.hello.lanes ?? []).map(({ epoch }) => ({ epoch: epoch ?? '', through: marks.get(epoch ?? '') ?? 0 })),
            creditBytes: behaviour.creditBytes,
            heartbeatMs: options.heartbeatMs ?? 1_000,
            ackDeadlineMs: options.ackDeadlineMs ?? 10_000,
            clockMs: Date.now(),
          },
        })
        if (behaviour.pack) stream.write({ pack: { signedPack: behaviour.pack } })
      } else if (message.batch) {
        const { batch } = message
        seen.batches.push(batch)
        work = work
          .then(() => commit(stream, batch))
          .catch((error) => {
            stream.write({ refusal: { kind: 'BAD_BATCH', detail: String(error) } })
            stream.end()
          })
      } else if (message.heartbeat) seen.heartbeats.push(message.heartbeat)
      else if (message.packStatus) seen.packStatuses.push(message.packStatus)
      else if (message.commandResult) seen.commandResults.push(message.commandResult)
    })
  }

  const issue = async (csr: Uint8Array, sensorId: string) => {
    const lifeMs = options.certificateLifeMs ?? 86_400_000
    return {
      certificatePem: await authority.issueClient(csr, sensorId, lifeMs),
      caPem: authority.caPem,
      sensorId,
      packKeysPem: [packKey.publicPem],
      notAfterMs: Date.now() + lifeMs,
    }
  }
  const answer = (callback: sendUnaryData<picket.v1.EnrollResponse.$Properties>, work: Promise<picket.v1.EnrollResponse.$Properties>) =>
    work.then(
      (response) => callback(null, response),
      (error) => callback({ code: status.INVALID_ARGUMENT, details: String(error) }),
    )

  function enroll(
    call: ServerUnaryCall<picket.v1.EnrollRequest.$Properties, picket.v1.EnrollResponse.$Properties>,
    callback: sendUnaryData<picket.v1.EnrollResponse.$Properties>,
  ) {
    const token = call.request.token ?? ''
    const state = tokens.get(token)
    if (state !== 'fresh') return callback({ code: status.UNAUTHENTICATED, details: `${state ?? 'unknown'} token` })
    tokens.set(token, 'used')
    void answer(callback, issue(call.request.csr ?? new Uint8Array(), randomUUID()))
  }

  function renew(
    call: ServerUnaryCall<picket.v1.RenewRequest.$Properties, picket.v1.EnrollResponse.$Properties>,
    callback: sendUnaryData<picket.v1.EnrollResponse.$Properties>,
  ) {
    const name = call.getAuthContext().sslPeerCertificate?.subject.CN
    if (!name) return callback({ code: status.UNAUTHENTICATED, details: 'no certificate' })
    seen.renewals++
    void answer(callback, issue(call.request.csr ?? new Uint8Array(), String(name)))
  }

  const serverPair = await authority.issueServer()
  let server: Server
  const listen = async (port: number) => {
    server = new Server(CHANNEL_OPTIONS)
    server.addService(enrollmentService, { enroll, renew })
    server.addService(uplinkService, { connect })
    const pair = { cert_chain: Buffer.from(serverPair.chainPem), private_key: Buffer.from(serverPair.keyPem) }
    const tls = ServerCredentials.createSsl(Buffer.from(authority.caPem), [pair], true)
    // A client certificate is asked for, but enrolment comes without one; grpc-js has no public setting for that.
    Object.assign(tls._getConstructorOptions() ?? {}, { rejectUnauthorized: false })
    return promisify(server.bindAsync.bind(server))(`127.0.0.1:${port}`, tls)
  }
  const port = Number(await listen(0))

  return {
    port,
    address: `127.0.0.1:${port}`,
    authority,
    packKey,
    seen,
    marks,
    behaviour,
    /** A token in the product's format. */
    makeToken(state: 'fresh' | 'used' | 'expired' = 'fresh'): string {
      const token = `pkt1.${randomBytes(32).toString('base64url')}.${authority.caDigest.toString('base64url')}`
      tokens.set(token, state)
      return token
    },
    broadcast: (message: HubMessage) => {
      for (const stream of streams) stream.write(message)
    },
    /** Stops as a killed process does: nothing is said to anyone. */
    kill: () => server.forceShutdown(),
    restart: () => listen(port),
    close: () => server.forceShutdown(),
  }
}

export type FakeHub = Awaited<ReturnType<typeof startFakeHub>>
