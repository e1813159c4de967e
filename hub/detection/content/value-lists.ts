import type { TenantContext } from '../../identity/ports.ts'
import { ContentChanged, ContentRefused, tooMany } from './errors.ts'
import type { ValueList, ValueListStore } from './ports.ts'
import type { TenantContent, TenantViews } from './tenant-views.ts'

const MOST_LISTS = 100
const MOST_VALUES = 50_000
const LIMIT_BYTES = 1_000_000
/** Of all lists of a tenant together: they are held in memory and go into its compiled rules. */
const MOST_VALUES_TOGETHER = 200_000
const TOGETHER_LIMIT_BYTES = 8_000_000
const NAME = /^[A-Za-z0-9_.-]{1,64}$/

export interface ValueLists {
  /** By name. */
  list(tenantId: string): readonly ValueList[]
  /** @throws {ContentRefused} `VALUE_LIST_NOT_FOUND` */
  get(tenantId: string, name: string): ValueList
  /** @throws {ContentRefused} `VALUE_LIST_INVALID`, `VALUE_LIST_TAKEN`, `LIMIT_REACHED` */
  create(
    tenant: TenantContext,
    actor: string,
    list: { name: string; description?: string | undefined; values: readonly string[] },
  ): Promise<ValueList>
  /** What is left out stays. @throws {ContentRefused} `VALUE_LIST_NOT_FOUND`, `VALUE_LIST_INVALID`, `LIMIT_REACHED`; {ContentChanged} */
  change(
    tenant: TenantContext,
    actor: string,
    name: string,
    change: { description?: string | undefined; values?: readonly string[] | undefined },
    expectedRevision?: number,
  ): Promise<ValueList>
  /** @throws {ContentRefused} `VALUE_LIST_NOT_FOUND`, `VALUE_LIST_IN_USE` where a rule that runs names it */
  remove(tenant: TenantContext, name: string): Promise<void>
  /** Ids of the tenant's rules that name it. */
  usedBy(tenantId: string, name: string): string[]
}

/** A tenant's named lists of values: what `%name%` in its rules stands for. */
export function createValueLists(views: TenantViews, store: ValueListStore, now: () => Date): ValueLists {
  const get = (tenantId: string, name: string): ValueList => {
    const list = views.of(tenantId).valueLists.get(name)
    if (!list) throw new ContentRefused('not_found', 'VALUE_LIST_NOT_FOUND', 'There is no such value list.')
    return list
  }
  const users = ({ rules }: TenantContent, name: string) => [...rules.values()].filter(({ stored }) => stored.source.includes(`%${name}%`))

  return {
    list: (tenantId) => [...views.of(tenantId).valueLists.values()],
    get,
    create: (tenant, actor, { name, description = '', values }) =>
      views.change(tenant, async ({ valueLists }) => {
        check(name, values)
        if (valueLists.has(name)) throw new ContentRefused('conflict', 'VALUE_LIST_TAKEN', 'There is a value list of this name.')
        if (valueLists.size >= MOST_LISTS) throw tooMany('value lists of a tenant', MOST_LISTS)
        checkTogether(valueLists, name, values)
        return store.create(tenant, { name, description, values }, { actor, at: now() })
      }),
    change: (tenant, actor, name, change, expectedRevision) =>
      views.change(tenant, async ({ valueLists }) => {
        const known = get(tenant.tenantId, name)
        if (expectedRevision !== undefined && expectedRevision !== known.revision) throw new ContentChanged({ valueList: known })
        if (change.values) {
          check(name, change.values)
          checkTogether(valueLists, name, change.values)
        }
        const saved = await store.update(tenant, name, known.revision, change, { actor, at: now() })
        if (!saved) throw new ContentChanged({ valueList: known })
        return saved
      }),
    remove: (tenant, name) =>
      views.change(tenant, async (content) => {
        get(tenant.tenantId, name)
        const [user, ...more] = users(content, name).filter(({ stored }) => stored.stage !== 'development' && stored.stage !== 'deprecated')
        if (user) {
          const others = more.length > 0 ? ` and ${more.length} more` : ''
          throw new ContentRefused(
            'conflict',
            'VALUE_LIST_IN_USE',
            `The rule "${user.text.head.title}"${others} would no longer work: change or deprecate it first.`,
          )
        }
        await store.delete(tenant, name)
      }),
    usedBy: (tenantId, name) => users(views.of(tenantId), name).map(({ stored }) => stored.id),
  }
}

function check(name: string, values: readonly string[]): void {
  const bytes = values.reduce((sum, value) => sum + Buffer.byteLength(value), 0)
  const message = !NAME.test(name)
    ? 'A list is named by 1 to 64 letters, digits and "_.-".'
    : values.length === 0
      ? 'A list needs a value: a rule that expands to nothing would match nothing.'
      : values.length > MOST_VALUES || bytes > LIMIT_BYTES
        ? `A list has ${MOST_VALUES.toLocaleString('en-US')} values of ${LIMIT_BYTES / 1_000_000} MB together at most.`
        : undefined
  if (message !== undefined) throw new ContentRefused('invalid', 'VALUE_LIST_INVALID', message, [{ field: 'values', message }])
}

function checkTogether(valueLists: TenantContent['valueLists'], name: string, values: readonly string[]): void {
  const all = [values, ...[...valueLists.values()].flatMap((list) => (list.name === name ? [] : [list.values]))]
  if (all.reduce((sum, list) => sum + list.length, 0) > MOST_VALUES_TOGETHER) throw tooMany('values in all lists of a tenant', MOST_VALUES_TOGETHER)
  const bytes = all.reduce((sum, list) => list.reduce((total, value) => total + Buffer.byteLength(value), sum), 0)
  if (bytes > TOGETHER_LIMIT_BYTES) throw tooMany('bytes in all value lists of a tenant', TOGETHER_LIMIT_BYTES)
}
