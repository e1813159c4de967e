import type { Alert } from '../../api/types.ts'
import { statusWord } from '../../components/badges.tsx'

type Decided = Pick<Alert, 'status' | 'assignee'>

/**
 * What somebody else decided since the analyst looked, in words; undefined where nothing they decide on has changed. More events
 * joining the alert also make a new version, and are no reason to ask again.
 */
export function triageConflict(seen: Decided, current: Decided): string | undefined {
  const changes = [
    seen.status !== current.status && `${statusWord(seen.status)} → ${statusWord(current.status)}`,
    seen.assignee !== current.assignee && `${seen.assignee ?? 'unassigned'} → ${current.assignee ?? 'unassigned'}`,
  ].filter((change) => change !== false)
  return changes.length === 0 ? undefined : changes.join(', ')
}
