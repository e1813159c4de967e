import { expect, test } from 'vitest'
import { triageConflict } from '../../../hub/console/pages/alerts/triage-conflict.ts'

test('a decision of somebody else is told with what it was and what it is', () => {
  expect(triageConflict({ status: 'open', assignee: null }, { status: 'resolved', assignee: 'mira@example.com' })).toBe(
    'Open → Resolved, unassigned → mira@example.com',
  )
})

test('a new version that decides nothing is no conflict', () => {
  expect(triageConflict({ status: 'open', assignee: null }, { status: 'open', assignee: null })).toBeUndefined()
})
