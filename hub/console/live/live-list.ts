import type { Alert, AlertList } from '../api/types.ts'

/** A list that never moves under the hand: rows change in place, new ones wait until they are asked for. */
export interface Pages {
  readonly pages: readonly AlertList[]
  readonly pageParams: readonly unknown[]
}

/** Rows in the hub's order, each id once: a row that slid onto the next page while paging is not shown twice. */
export function rowsOf(pages: readonly AlertList[]): Alert[] {
  const byId = new Map<string, Alert>()
  for (const page of pages) for (const alert of page.alerts) if (!byId.has(alert.id)) byId.set(alert.id, alert)
  return [...byId.values()]
}

/** The list with one row replaced where it stands, even where it no longer fits the filter; the same object where it is not in it. */
export function replaceRow<T extends Pages>(list: T, alert: Alert): T {
  if (!list.pages.some((page) => page.alerts.some((row) => row.id === alert.id))) return list
  return { ...list, pages: list.pages.map((page) => ({ ...page, alerts: page.alerts.map((row) => (row.id === alert.id ? alert : row)) })) }
}

/**
 * Ids that wait behind the "N new" button: in the probe (the newest rows under the same filter), not in the list, and made
 * after the list's newest row. Older ones are simply further down, on pages not loaded yet.
 */
export function waitingIds(listed: readonly Alert[], probe: readonly Alert[]): string[] {
  const known = new Set(listed.map((row) => row.id))
  const newest = listed.reduce((latest, row) => Math.max(latest, Date.parse(row.created_at)), Number.NEGATIVE_INFINITY)
  return probe.filter((row) => !known.has(row.id) && Date.parse(row.created_at) >= newest).map((row) => row.id)
}

/** The list row's part of a detail: what the panel learned updates the row without another request. */
export function toRow(detail: Alert & Record<string, unknown>): Alert {
  const { matched_conditions: _m, rule: _r, event_id: _e, event_document: _d, activity: _a, version: _v, ...row } = detail
  return row as Alert
}
