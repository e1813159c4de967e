import { boolean, integer, json, pgTable, text } from 'drizzle-orm/pg-core'
import type { ConnectorConfig } from '../../../shared/connectors/contract.ts'
import type { ConnectorState } from '../../fleet/ports.ts'
import { instant, tenantId } from './columns.ts'

/** The state as JSON: its instants are ISO text. */
export type StoredConnectorState = Omit<ConnectorState, 'status' | 'lastCheckAt' | 'lastEventAt'> & { lastCheckAt?: string; lastEventAt?: string }

export const connectorsTable = pgTable('connectors', {
  tenantId: tenantId(),
  id: text('id').notNull(),
  name: text('name').notNull(),
  type: text('type').notNull(),
  sensorId: text('sensor_id'),
  enabled: boolean('enabled').notNull(),
  config: json('config').$type<ConnectorConfig>().notNull(),
  secrets: json('secrets').$type<{ readonly [key: string]: string }>().notNull(),
  createdAt: instant('created_at').notNull().defaultNow(),
  updatedAt: instant('updated_at').notNull().defaultNow(),
  version: integer('version').notNull().default(1),
  status: text('status').$type<ConnectorState['status']>().notNull().default('unknown'),
  state: json('state').$type<Partial<StoredConnectorState>>().notNull().default({}),
  historyAt: instant('history_at'),
})

export const connectorHistoryTable = pgTable('connector_history', {
  tenantId: tenantId(),
  connectorId: text('connector_id').notNull(),
  at: instant('at').notNull(),
  status: text('status').notNull(),
})
