import type { ConnectorKind } from './contract.ts'
import { fileKind } from './file.ts'
import { httpKind } from './http.ts'
import { syslogKind } from './syslog.ts'

/** Every kind of connector. A new one is a file here, a reader in `sensor/sources/`, and a line in each list. */
export const CONNECTOR_KINDS: readonly ConnectorKind[] = [syslogKind, fileKind, httpKind]

export const connectorKind = (kind: string): ConnectorKind | undefined => CONNECTOR_KINDS.find((each) => each.kind === kind)
