import pg from 'pg'
import { startEmbeddedPostgres } from '../../../hub/storage/embedded.ts'

// Run by embedded.test.ts in a process of its own: starts the server, leaves a table behind, and waits to be killed.
const log = { info: () => {}, warn: () => {}, error: () => {} }
const server = await startEmbeddedPostgres({ dataDir: process.argv.at(-1) ?? '', log, durable: false })
const client = new pg.Client({ connectionString: server.ownerUrl })
client.on('error', () => {}) // The test stops the server under it.
await client.connect()
await client.query('create table left_behind as select 1 as mark')
console.log(server.pid)
setInterval(() => {}, 60_000)
