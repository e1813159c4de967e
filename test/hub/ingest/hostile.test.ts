import { deflateSync } from 'node:zlib'
import { Client, credentials, Metadata, status } from '@grpc/grpc-js'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { openChannel } from '../../../sensor/uplink/channel.ts'
import { CHANNEL_OPTIONS, MAX_UNCOMPRESSED_BYTES } from '../../../shared/wire/limits.ts'
import { uplinkService } from '../../../shared/wire/service.ts'
import { startIngestHub } from '../../support/ingest-hub.ts'
import { enrollClient, makeBatch, newEpoch, openUplink } from '../../support/sensor-client.ts'

let hub: Awaited<ReturnType<typeof startIngestHub>>
beforeAll(async () => {
  hub = await startIngestHub()
})
afterAll(() => hub.stop())

/** The hub serves another sensor after every attack. */
afterEach(async () => {
  const uplink = openUplink(hub.port, await hub.enrolled())
  const epoch = newEpoch()
  await uplink.hello()
  await uplink.sendBatch({ epoch, first: 1, last: 1 })
  await uplink.acked(epoch, 1)
  uplink.close()
})

async function refusedBatch(change: (batch: Awaited<ReturnType<typeof makeBatch>>) => object) {
  const uplink = openUplink(hub.port, await hub.enrolled())
  await uplink.hello()
  const batch = await makeBatch({ epoch: newEpoch(), first: 1, last: 20 })
  uplink.send({ batch: { ...batch, ...change(batch) } })
  const refusal = await uplink.refused()
  await uplink.ended
  expect(hub.ingest.commits.some(({ epoch }) => epoch === batch.epoch)).toBe(false)
  return refusal
}

test('A5 a damaged payload, a wrong checksum and a lying size are refused', async () => {
  expect(await refusedBatch(({ crc32 }) => ({ crc32: (crc32 ?? 0) ^ 1 }))).toMatchObject({ kind: 'BAD_BATCH', detail: 'checksum differs' })
  expect(await refusedBatch(({ payload }) => ({ payload: payload.subarray(0, payload.length >> 1) }))).toMatchObject({ kind: 'BAD_BATCH' })
  expect(await refusedBatch(({ uncompressedBytes }) => ({ uncompressedBytes: (uncompressedBytes ?? 0) + 1 }))).toMatchObject({ kind: 'BAD_BATCH' })
  expect(await refusedBatch(() => ({ uncompressedBytes: MAX_UNCOMPRESSED_BYTES + 1 }))).toMatchObject({ kind: 'BAD_BATCH' })
})

test('A5 a compression bomb is stopped at the size it announced', async () => {
  const bomb = deflateSync(Buffer.alloc(256 * 1024 * 1024))
  const before = process.memoryUsage.rss()
  expect(await refusedBatch(() => ({ payload: bomb, uncompressedBytes: 1_000 }))).toMatchObject({ kind: 'BAD_BATCH' })
  expect(process.memoryUsage.rss() - before).toBeLessThan(128 * 1024 * 1024)
})

test('A4 an unknown codec, impossible ranges and a strange epoch are refused', async () => {
  expect(await refusedBatch(() => ({ codec: 99 }))).toMatchObject({ kind: 'BAD_BATCH', detail: 'unknown codec 99' })
  expect(await refusedBatch(() => ({ first: -5 }))).toMatchObject({ kind: 'BAD_BATCH' })
  expect(await refusedBatch(() => ({ last: Number.MAX_SAFE_INTEGER }))).toMatchObject({ kind: 'BAD_BATCH' })
  expect(await refusedBatch(() => ({ epoch: "'; drop table events; --" }))).toMatchObject({ kind: 'BAD_BATCH' })
})

test('A4 the first message must be a hello, and there is only one', async () => {
  const early = openUplink(hub.port, await hub.enrolled())
  await early.sendBatch({ epoch: newEpoch(), first: 1, last: 1 })
  expect(await early.refused()).toMatchObject({ kind: 'BAD_BATCH' })
  const twice = openUplink(hub.port, await hub.enrolled())
  await twice.hello()
  twice.send({ hello: { protocol: 1 } })
  expect(await twice.refused()).toMatchObject({ kind: 'BAD_BATCH', detail: 'a second hello' })
})

test('A4 a 100 MB message is refused by its announced size', async () => {
  const sensor = await hub.enrolled()
  const client = new Client(`127.0.0.1:${hub.port}`, channelCredentials(sensor), {
    ...CHANNEL_OPTIONS,
    'grpc.max_send_message_length': -1,
    'grpc.ssl_target_name_override': 'picket-hub',
  })
  const { path, requestSerialize, responseDeserialize } = uplinkService.connect
  const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, new Metadata())
  const code = new Promise<number>((resolve) => call.on('status', (ended) => resolve(ended.code)))
  call.on('error', () => undefined)
  call.on('data', () => undefined)
  call.write({ hello: { protocol: 1 } })
  call.write({ batch: { payload: Buffer.alloc(100 * 1024 * 1024) } })
  expect(await code).toBe(status.RESOURCE_EXHAUSTED)
  client.close()
})

test('A4 bytes that are no message, and ten thousand headers, end only their own call', async () => {
  const sensor = await hub.enrolled()
  const client = openChannel(`127.0.0.1:${hub.port}`, sensor)
  const { path, responseDeserialize } = uplinkService.connect
  const call = client.makeBidiStreamRequest(path, (bytes: Buffer) => bytes, responseDeserialize, new Metadata())
  const code = new Promise<number>((resolve) => call.on('status', (ended) => resolve(ended.code)))
  call.on('error', () => undefined)
  call.on('data', () => undefined)
  call.write(Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x01]))
  expect(await code).not.toBe(status.OK)
  client.close()

  for (const headers of [100, 10_000]) {
    const metadata = new Metadata()
    for (let n = 0; n < headers; n++) metadata.set(`x-${n}`, 'y')
    await expect(enrollClient(hub, await hub.tokenFor('6f1a1d8e-9c52-4c57-8f8f-0d9a3f0c1111'), { metadata })).rejects.toMatchObject({
      code: expect.any(Number),
    })
  }
})

test('A4 two thousand streams opened and reset at once on one connection leave the hub up', async () => {
  const sensor = await hub.enrolled()
  const client = openChannel(`127.0.0.1:${hub.port}`, sensor)
  const { path, requestSerialize, responseDeserialize } = uplinkService.connect
  const calls = Array.from({ length: 2_000 }, () => {
    const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, new Metadata())
    call.on('error', () => undefined)
    call.on('data', () => undefined)
    return call
  })
  for (const call of calls) call.cancel()
  client.close()
})

function channelCredentials({ caPem, keyPem, certificatePem }: { caPem: string; keyPem: string; certificatePem: string }) {
  return credentials.createSsl(Buffer.from(caPem), Buffer.from(keyPem), Buffer.from(certificatePem))
}
