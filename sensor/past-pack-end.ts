/**
 * Connectors as the hub should see them once the pack has expired: collecting still, with settings that the hub has not renewed in time. Those that
 * are in worse health keep saying why.
 */
export const pastPackEnd = <Connector extends { readonly status: string; readonly message: string }>(
  connectors: readonly Connector[],
  expiredAt: string,
): Connector[] =>
  connectors.map((each) =>
    each.status === 'healthy' ? { ...each, status: 'degraded', message: `${each.message}; its settings (the pack) expired at ${expiredAt}` } : each,
  )
