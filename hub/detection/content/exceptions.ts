import { DAY_MS } from '../../../shared/durations.ts'
import type { RuleLogsource } from '../../../shared/sigma/contract.ts'
import type { TenantContext } from '../../identity/ports.ts'
import { ContentChanged, ContentRefused, tooMany } from './errors.ts'
import { type ExceptionPreview, previewException } from './exception-preview.ts'
import type { ExceptionStore, StoredException } from './ports.ts'
import type { TenantViews } from './tenant-views.ts'
import type { Trials } from './trials.ts'

const MOST_EXCEPTIONS = 1_000
const DEFAULT_DAYS = 30
/** An exception that nobody looks at again hides attacks for good. */
const MOST_DAYS = 366
const TEXT_LIMIT_BYTES = 64 * 1024

export interface ExceptionDraft {
  /** Undefined: for every rule. */
  readonly ruleId?: string | undefined
  readonly reason: string
  /** A detection section over Sigma's field names, as YAML or JSON text. */
  readonly detection: string
  /** 30 days from now unless given. */
  readonly expiresAt?: Date | undefined
}

export interface Exceptions {
  /** Oldest first, expired ones too. */
  list(tenantId: string): readonly StoredException[]
  /** @throws {ContentRefused} `EXCEPTION_NOT_FOUND` */
  get(tenantId: string, exceptionId: string): StoredException
  /** @throws {ContentRefused} `EXCEPTION_INVALID`, `LIMIT_REACHED` */
  create(tenant: TenantContext, actor: string, draft: ExceptionDraft): Promise<StoredException>
  /** The rule it is for stays. @throws {ContentRefused} `EXCEPTION_NOT_FOUND`, `EXCEPTION_INVALID`; {ContentChanged} */
  change(
    tenant: TenantContext,
    exceptionId: string,
    change: { reason?: string | undefined; detection?: string | undefined; expiresAt?: Date | undefined },
    expectedRevision?: number,
  ): Promise<StoredException>
  remove(tenant: TenantContext, exceptionId: string): Promise<void>
  /** What it would have taken away in the last 30 days. Changes nothing. */
  preview(tenant: TenantContext, draft: Pick<ExceptionDraft, 'ruleId' | 'detection'>): Promise<ExceptionPreview>
}

export interface ExceptionsOptions {
  readonly views: TenantViews
  readonly store: ExceptionStore
  readonly trials: Trials
  /** The log source of a rule of the tenant's or a shared one; undefined where there is no such rule. */
  readonly logsourceOf: (tenantId: string, ruleId: string) => RuleLogsource | undefined
  readonly now: () => Date
}

/** Events a tenant's rules must not fire on, each with an end and a reason. */
export function createExceptions({ views, store, trials, logsourceOf, now }: ExceptionsOptions): Exceptions {
  const get = (tenantId: string, exceptionId: string): StoredException => {
    const found = views.of(tenantId).exceptions.find(({ id }) => id === exceptionId)
    if (!found) throw new ContentRefused('not_found', 'EXCEPTION_NOT_FOUND', 'There is no such exception.')
    return found
  }

  const check = async ({ tenantId }: TenantContext, { ruleId, detection }: Pick<ExceptionDraft, 'ruleId' | 'detection'>): Promise<void> => {
    if (Buffer.byteLength(detection) > TEXT_LIMIT_BYTES) throw invalid('detection', `An exception may have ${TEXT_LIMIT_BYTES / 1024} KB at most.`)
    const logsource = ruleId === undefined ? {} : logsourceOf(tenantId, ruleId)
    if (!logsource) throw invalid('rule_id', 'There is no such rule. Leave rule_id out for an exception from every rule.')
    // Put to an empty event it is read and compiled, which is all that is asked.
    await trials.except(detection, views.of(tenantId).placeholders, [{ logsource, document: '{}' }])
  }

  const endOf = (expiresAt: Date | undefined): Date => {
    const at = now().getTime()
    if (!expiresAt) return new Date(at + DEFAULT_DAYS * DAY_MS)
    if (expiresAt.getTime() <= at) throw invalid('expires_at', 'The exception would be over already.')
    if (expiresAt.getTime() > at + MOST_DAYS * DAY_MS)
      throw invalid('expires_at', `An exception lasts ${MOST_DAYS} days at most; it can be prolonged.`)
    return expiresAt
  }

  return {
    list: (tenantId) => views.of(tenantId).exceptions,
    get,
    create: (tenant, actor, draft) =>
      views.change(tenant, async ({ exceptions }) => {
        if (exceptions.length >= MOST_EXCEPTIONS) throw tooMany('exceptions of a tenant', MOST_EXCEPTIONS)
        await check(tenant, draft)
        return store.create(tenant, { ...draft, expiresAt: endOf(draft.expiresAt) }, { actor, at: now() })
      }),
    change: (tenant, exceptionId, change, expectedRevision) =>
      views.change(tenant, async () => {
        const known = get(tenant.tenantId, exceptionId)
        if (expectedRevision !== undefined && expectedRevision !== known.revision) throw new ContentChanged({ exception: known })
        if (change.detection !== undefined) await check(tenant, { ruleId: known.ruleId, detection: change.detection })
        const expiresAt = change.expiresAt && endOf(change.expiresAt)
        const saved = await store.update(tenant, exceptionId, known.revision, { ...change, expiresAt }, now())
        if (!saved) throw new ContentChanged({ exception: known })
        return saved
      }),
    remove: (tenant, exceptionId) =>
      views.change(tenant, async () => {
        get(tenant.tenantId, exceptionId)
        await store.delete(tenant, exceptionId)
      }),
    preview: async (tenant, draft) => {
      await check(tenant, draft)
      const { placeholders } = views.of(tenant.tenantId)
      return previewException({
        ...draft,
        now: now(),
        except: (matches) => trials.except(draft.detection, placeholders, matches),
        logsourceOf: (ruleId) => logsourceOf(tenant.tenantId, ruleId),
        candidates: (query) => store.candidates(tenant, query),
      })
    },
  }
}

const invalid = (field: string, message: string) => new ContentRefused('invalid', 'EXCEPTION_INVALID', message, [{ field, message }])
