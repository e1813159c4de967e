import type { Permission } from './permissions.ts'
import type { Role, TenantContext } from './ports.ts'

/** Who makes a call, from a verified token. */
export interface Session {
  readonly tenant: TenantContext
  readonly tenantName: string
  readonly userId: string
  readonly email: string
  readonly name: string
  readonly role: Role
  readonly permissions: readonly Permission[]
  /** Names the sign-in; the same through renewals. */
  readonly signInId: string
  readonly signedInAt: Date
  readonly expiresAt: Date
}
