import { sql } from 'drizzle-orm'
import type { TenantContext } from '../../identity/ports.ts'
import type { CommitBatch } from '../../ingest/ports.ts'
import type { Transaction } from '../database.ts'
import { storableMs } from '../instants.ts'
import { storable, storableOrNull } from '../text.ts'

/**
 * Stores a batch's events in one statement. COPY would be faster and is refused under row level security.
 *
 * Columns travel as arrays, the documents as one text split by line: as an array each of their quotes and backslashes would be escaped here
 * and unescaped by the server. Instants go as milliseconds.
 */
export async function insertEvents(tx: Transaction, tenant: TenantContext, { events, sensorId, receivedAt }: CommitBatch): Promise<void> {
  if (events.length === 0) return
  const column = <T>(pick: (event: (typeof events)[number]) => T) => sql.param(events.map(pick))
  const documents = events.map(({ document }) => document)
  // JSON.stringify writes no raw line end, but the sensor may have written the document otherwise.
  const split = documents.some((document) => document.includes('\n'))
    ? sql`unnest(${sql.param(documents)}::text[])`
    : sql`string_to_table(${documents.join('\n')}, E'\\n')`
  await tx.execute(sql`
    insert into events (
      tenant_id, time, id, sensor_id, seq, observed_at, received_at, connector_id, dataset, product, service, categories, host, user_name, source_ip,
      raw_bytes, parsed, document
    )
    select ${tenant.tenantId}::uuid, to_timestamp(time / 1000), id, ${sensorId}, seq, to_timestamp(observed / 1000), to_timestamp(${receivedAt.getTime()}::float8 / 1000),
      connector_id, dataset, product, service, string_to_array(categories, ','), host, user_name, source_ip, raw_bytes, parsed, document::json
    from rows from (
      unnest(
        ${column(({ time }) => storableMs(time, receivedAt))}::float8[],
        ${column(({ id }) => id)}::uuid[],
        ${column(({ seq }) => seq)}::int8[],
        ${column(({ observedAt }) => storableMs(observedAt, receivedAt))}::float8[],
        ${column(({ connectorId }) => storableOrNull(connectorId))}::text[],
        ${column(({ dataset }) => storable(dataset))}::text[],
        ${column(({ product }) => storableOrNull(product))}::text[],
        ${column(({ service }) => storableOrNull(service))}::text[],
        ${column(({ categories }) => storableOrNull(categories.length > 0 ? categories.join(',') : undefined))}::text[],
        ${column(({ host }) => storableOrNull(host))}::text[],
        ${column(({ user }) => storableOrNull(user))}::text[],
        ${column(({ sourceIp }) => storableOrNull(sourceIp))}::text[],
        ${column(({ rawBytes }) => rawBytes)}::int4[],
        ${column(({ parsed }) => parsed)}::bool[]
      ),
      ${split}
    ) as batch (time, id, seq, observed, connector_id, dataset, product, service, categories, host, user_name, source_ip, raw_bytes, parsed, document)`)
}
