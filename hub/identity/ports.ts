/** Whose data a call may touch. First argument of every storage call; made only from a verified token or certificate. */
export interface TenantContext {
  readonly tenantId: string
}

export const ROLES = ['platform_admin', 'tenant_admin', 'analyst', 'viewer'] as const
export type Role = (typeof ROLES)[number]

export interface User {
  readonly id: string
  readonly tenantId: string
  readonly email: string
  readonly name: string
  readonly role: Role
  readonly createdAt: Date
  readonly lastLoginAt?: Date | undefined
}

export interface Tenant {
  readonly id: string
  readonly name: string
  readonly createdAt: Date
}

/** Work from before a tenant is known: sign-in. Kept apart from the tenant stores, in plain sight. */
export interface SignInStore {
  /** The user of that e-mail (case-insensitive) with the password's hash, or undefined. */
  findByEmail(email: string): Promise<(User & { readonly passwordHash: string; readonly disabled: boolean }) | undefined>
  recordLogin(userId: string, at: Date): Promise<void>
}

/** What the platform's operator does across tenants: first start, `picket admin`. */
export interface TenantAdminStore {
  listTenants(): Promise<Tenant[]>
  createTenant(name: string): Promise<Tenant>
  createUser(user: { tenantId: string; email: string; name: string; role: Role; passwordHash: string }): Promise<User>
  countUsers(): Promise<number>
}
