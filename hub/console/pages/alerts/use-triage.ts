import { type InfiniteData, useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'
import { ApiError, api } from '../../api/client.ts'
import { meQuery } from '../../api/queries.ts'
import type { Alert, AlertDetail, AlertList, AlertStatus, AlertUpdate } from '../../api/types.ts'
import { statusWord } from '../../components/badges.tsx'
import { useSay } from '../../components/toasts.tsx'
import { replaceRow, toRow } from '../../live/live-list.ts'
import { triageConflict } from './triage-conflict.ts'

export interface Triage {
  setStatus(alert: Alert, status: AlertStatus): Promise<void>
  assign(alert: Alert, assignee: string | null): Promise<void>
  assignToMe(alert: Alert): Promise<void>
  /** @returns whether it was kept */
  addNote(alert: Alert, note: string): Promise<boolean>
}

const pathOf = (id: string) => `/alerts/${encodeURIComponent(id)}`

/** A busy alert may gain events, and so a version, between reading and writing; past this many times it is told as a failure. */
const ATTEMPTS = 4

/**
 * What an analyst does to an alert. The row and the panel change when the hub has said yes, not before; a status can be taken back for
 * ten seconds. What somebody else decided meanwhile is never overwritten: it is shown instead.
 */
export function useTriage(): Triage {
  const queries = useQueryClient()
  const say = useSay()
  const email = useQuery(meQuery).data?.user.email

  return useMemo(() => {
    const show = (detail: AlertDetail) => {
      queries.setQueryData(['alerts', 'detail', detail.id], detail)
      queries.setQueriesData<InfiniteData<AlertList>>({ queryKey: ['alerts', 'list'] }, (list) => list && replaceRow(list, toRow(detail)))
      void queries.invalidateQueries({ queryKey: ['alerts', 'count'] })
    }
    const read = (id: string) => api<AlertDetail>('GET', pathOf(id))
    const write = async (id: string, change: AlertUpdate, ifVersion?: number) => {
      const saved = await api<AlertDetail>('PUT', pathOf(id), { body: change, ifVersion })
      show(saved)
      return saved
    }
    const notSaved = (error: unknown) => {
      say(`Not saved: ${error instanceof Error ? error.message : 'unknown failure'}`, { tone: 'bad' })
      return undefined
    }
    const decide = async (seen: Alert, change: AlertUpdate): Promise<AlertDetail | undefined> => {
      try {
        const cached = queries.getQueryData<AlertDetail>(['alerts', 'detail', seen.id])
        let current = cached?.updated_at === seen.updated_at ? cached : await read(seen.id)
        for (let attempt = 1; ; attempt++) {
          const conflict = triageConflict(seen, current)
          if (conflict !== undefined) {
            show(current)
            return notSaved(new Error(`somebody else changed it meanwhile (${conflict}). This is how it is now.`))
          }
          try {
            return await write(seen.id, change, current.version)
          } catch (error) {
            if (!(error instanceof ApiError && error.status === 412) || attempt === ATTEMPTS) throw error
            current = await read(seen.id)
          }
        }
      } catch (error) {
        return notSaved(error)
      }
    }
    const assign = async (alert: Alert, assignee: string | null) => {
      if (await decide(alert, { assignee })) say(assignee === null ? 'Nobody is assigned now' : `Assigned to ${assignee}`)
    }
    return {
      setStatus: async (alert, status) => {
        const before = alert.status
        if (before === status) return
        const saved = await decide(alert, { status })
        if (saved) say(`${statusWord(status)}: ${alert.rule_title}`, { undo: () => void decide(saved, { status: before }) })
      },
      assign,
      assignToMe: async (alert) => {
        if (email !== undefined) await assign(alert, email)
      },
      // A note only adds: it is right whatever the others did.
      addNote: async (alert, note) => (await write(alert.id, { notes: note }).catch(notSaved)) !== undefined,
    }
  }, [queries, say, email])
}
