import type { z } from 'zod'
import type { ContentChanged } from '../../../detection/content/errors.ts'
import type { StoredException, ValueList } from '../../../detection/content/ports.ts'
import type { Parts } from '../../parts.ts'
import type { ExceptionView, ValueListDetail, ValueListView } from '../../schemas/views.ts'

type Clock = Pick<Parts, 'now'>

export const toExceptionView = (exception: StoredException, { now }: Clock, suppressed = 0): z.infer<typeof ExceptionView> => ({
  id: exception.id,
  rule_id: exception.ruleId ?? null,
  reason: exception.reason,
  detection: exception.detection,
  expires_at: exception.expiresAt.toISOString(),
  active: exception.expiresAt > now(),
  suppressed,
  created_at: exception.createdAt.toISOString(),
  created_by: exception.createdBy,
  updated_at: exception.updatedAt.toISOString(),
  revision: exception.revision,
})

export const toValueListView = (list: ValueList, usedBy: readonly string[]): z.infer<typeof ValueListView> => ({
  name: list.name,
  description: list.description,
  size: list.values.length,
  used_by: [...usedBy],
  created_at: list.createdAt.toISOString(),
  updated_at: list.updatedAt.toISOString(),
  updated_by: list.updatedBy,
  revision: list.revision,
})

export const toValueListDetail = (list: ValueList, usedBy: readonly string[]): z.infer<typeof ValueListDetail> => ({
  ...toValueListView(list, usedBy),
  values: [...list.values],
})

/** What a refused change shows of the thing as it is now: enough to see who was faster, and to change it again. */
export function toCurrentContent(clock: Clock, { current }: ContentChanged): object {
  if ('exception' in current) return toExceptionView(current.exception, clock)
  if ('valueList' in current) return toValueListView(current.valueList, [])
  const { id, version, revision, stage, source, updatedAt, updatedBy } = current.rule
  return { id, version, revision, stage, source, updated_at: updatedAt.toISOString(), updated_by: updatedBy }
}
