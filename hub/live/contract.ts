import type { AlertNotice } from '../alerts/ports.ts'

/** What happens at the hub that somebody may be watching. Tenant first; a listener hears one tenant only. */
export type LiveEvent =
  | { readonly type: 'alert'; readonly notice: AlertNotice }
  | { readonly type: 'alert_updated'; readonly alertId: string }
  | { readonly type: 'connector_status'; readonly connectorId: string; readonly from: string; readonly to: string; readonly message: string }

export interface Live {
  publish(tenantId: string, event: LiveEvent): void
  /** @returns the unsubscribe */
  subscribe(tenantId: string, listener: (event: LiveEvent) => void): () => void
}
