import { randomUUID } from 'node:crypto'
import { type Client, type ClientDuplexStream, Metadata, type ServiceError, type StatusObject } from '@grpc/grpc-js'
import { openChannel } from '../../sensor/uplink/channel.ts'
import { makeCertificateRequest } from '../../sensor/uplink/enroll.ts'
import { packBatch } from '../../shared/wire/codec.ts'
import { picket } from '../../shared/wire/generated/picket.js'
import { PROTOCOL } from '../../shared/wire/limits.ts'
import { enrollmentService, uplinkService } from '../../shared/wire/service.ts'

/** The sensor's side of the wire, one message at a time, so that a test can also say what a sensor never would. */

export interface ClientIdentity {
  readonly keyPem: string
  readonly certificatePem: string
  readonly caPem: string
  readonly sensorId: string
}

type HubMessage = picket.v1.HubMessage.$Properties

const unary = <In, Out>(
  client: Client,
  method: { path: string; requestSerialize: (value: In) => Buffer; responseDeserialize: (bytes: Buffer) => Out },
  request: In,
  metadata = new Metadata(),
) =>
  new Promise<Out>((resolve, reject) => {
    client.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      metadata,
      (error: ServiceError | null, answer) => {
        client.close()
        if (error || !answer) reject(error)
        else resolve(answer)
      },
    )
  })

/** @throws ServiceError */
export async function enrollClient(
  { port, caPem }: { port: number; caPem: string },
  token: string,
  { csr, host = { hostname: 'test-host' }, metadata }: { csr?: Uint8Array; host?: picket.v1.HostInfo.$Properties; metadata?: Metadata } = {},
): Promise<ClientIdentity> {
  const request = makeCertificateRequest()
  const client = openChannel(`127.0.0.1:${port}`, { caPem })
  const answer = await unary(client, enrollmentService.enroll, { token, csr: csr ?? request.csr, host }, metadata)
  return { keyPem: request.keyPem, certificatePem: answer.certificatePem ?? '', caPem: answer.caPem ?? '', sensorId: answer.sensorId ?? '' }
}

/** @throws ServiceError */
export const renewClient = (port: number, identity: Pick<ClientIdentity, 'caPem'> & Partial<ClientIdentity>, csr = makeCertificateRequest().csr) =>
  unary(openChannel(`127.0.0.1:${port}`, identity), enrollmentService.renew, { csr })

/** Opens the uplink and sends nothing. */
export function openUplink(port: number, identity: Pick<ClientIdentity, 'caPem'> & Partial<ClientIdentity>) {
  const client = openChannel(`127.0.0.1:${port}`, identity)
  const { path, requestSerialize, responseDeserialize } = uplinkService.connect
  const call: ClientDuplexStream<picket.v1.SensorMessage.$Properties, HubMessage> = client.makeBidiStreamRequest(
    path,
    requestSerialize,
    responseDeserialize,
    new Metadata(),
  )
  const received: HubMessage[] = []
  const watchers = new Set<() => void>()
  call.on('data', (message: HubMessage) => {
    received.push(message)
    for (const watch of watchers) watch()
  })
  call.on('error', () => undefined)
  const ended = new Promise<StatusObject>((resolve) => {
    call.on('status', (status: StatusObject) => {
      client.close()
      resolve(status)
      for (const watch of watchers) watch()
    })
  })

  /** The first message, received or to come, for which `pick` returns something. Fails when the stream ends before. */
  function until<T>(pick: (message: HubMessage) => T | undefined | null | false): Promise<T> {
    let looked = 0
    return new Promise((resolve, reject) => {
      const look = () => {
        while (looked < received.length) {
          const message = received[looked++]
          const found = message && pick(message)
          if (!found) continue
          watchers.delete(look)
          return resolve(found)
        }
      }
      watchers.add(look)
      look()
      void ended.then(({ code, details }) => reject(new Error(`the stream ended: ${code} ${details}`)))
    })
  }

  return {
    call,
    received,
    ended,
    until,
    send: (message: picket.v1.SensorMessage.$Properties) => void call.write(message),
    hello(hello: picket.v1.Hello.$Properties = {}) {
      call.write({ hello: { protocol: PROTOCOL, clockMs: Date.now(), packVersion: 0, lanes: [], host: { hostname: 'test-host' }, ...hello } })
      return until(({ welcome }) => welcome)
    },
    async sendBatch(run: Parameters<typeof makeBatch>[0]) {
      call.write({ batch: await makeBatch(run) })
    },
    acked: (epoch: string, through: number) => until(({ ack }) => ack?.epoch === epoch && (ack.through ?? 0) >= through && ack),
    refused: () => until(({ refusal }) => refusal),
    close() {
      call.cancel()
      client.close()
    },
  }
}

export const newEpoch = (): string => randomUUID()

/** A batch of events `first..last`, each a small document that says its number. */
export function makeBatch({
  epoch,
  first,
  last,
  lane = 'bulk',
  entry = (seq) => ({ seq, event: makeEvent(`event ${seq}`) }),
}: {
  epoch: string
  first: number
  last: number
  lane?: string
  entry?: (seq: number) => picket.v1.Entry.$Properties
}) {
  const entries = Array.from({ length: last - first + 1 }, (_, index) => entry(first + index))
  return packBatch({ epoch, first, last, lane, entries: picket.v1.Entries.encode({ entries }).finish() })
}

export const makeEvent = (message: string, more: picket.v1.Event.$Properties = {}): picket.v1.Event.$Properties => ({
  timeMs: Date.UTC(2026, 10, 1, 12),
  observedMs: Date.UTC(2026, 10, 1, 12),
  dataset: 'test',
  host: 'dc-01',
  user: 'ana',
  rawBytes: message.length,
  parsed: true,
  document: Buffer.from(JSON.stringify({ message, process: { name: 'cmd.exe', command_line: message } })),
  ...more,
})
