import { type InfiniteData, useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'
import { api } from '../../api/client.ts'
import { meQuery } from '../../api/queries.ts'
import type { Alert, AlertDetail, AlertList, AlertStatus, AlertUpdate } from '../../api/types.ts'
import { statusWord } from '../../components/badges.tsx'
import { useSay } from '../../components/toasts.tsx'
import { replaceRow, toRow } from '../../live/live-list.ts'

export interface Triage {
  setStatus(alert: Alert, status: AlertStatus): Promise<void>
  assign(alert: Alert, assignee: string | null): Promise<void>
  assignToMe(alert: Alert): Promise<void>
  /** @returns whether it was kept */
  addNote(alert: Alert, note: string): Promise<boolean>
}

/** What an analyst does to an alert. The row and the panel change when the hub has said yes, not before; a status can be taken back for ten seconds. */
export function useTriage(): Triage {
  const queries = useQueryClient()
  const say = useSay()
  const email = useQuery(meQuery).data?.user.email

  return useMemo(() => {
    const put = async (id: string, change: AlertUpdate): Promise<AlertDetail | undefined> => {
      try {
        // The answer may be the list's view of the alert; the panel needs the activity too, so it is read again.
        await api('PUT', `/alerts/${encodeURIComponent(id)}`, { body: change })
        const detail = await api<AlertDetail>('GET', `/alerts/${encodeURIComponent(id)}`)
        queries.setQueryData(['alerts', 'detail', id], detail)
        queries.setQueriesData<InfiniteData<AlertList>>({ queryKey: ['alerts', 'list'] }, (list) => list && replaceRow(list, toRow(detail)))
        void queries.invalidateQueries({ queryKey: ['alerts', 'count'] })
        return detail
      } catch (error) {
        say(`Not saved: ${error instanceof Error ? error.message : 'unknown failure'}`, { tone: 'bad' })
        return undefined
      }
    }
    const assign = async (alert: Alert, assignee: string | null) => {
      if (await put(alert.id, { assignee })) say(assignee === null ? 'Nobody is assigned now' : `Assigned to ${assignee}`)
    }
    return {
      setStatus: async (alert, status) => {
        const before = alert.status
        if (before === status) return
        if (await put(alert.id, { status })) say(`${statusWord(status)}: ${alert.rule_title}`, { undo: () => void put(alert.id, { status: before }) })
      },
      assign,
      assignToMe: async (alert) => {
        if (email !== undefined) await assign(alert, email)
      },
      addNote: async (alert, note) => (await put(alert.id, { notes: note })) !== undefined,
    }
  }, [queries, say, email])
}
