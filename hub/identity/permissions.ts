import type { Role } from './ports.ts'

const READ = ['alerts:read', 'connectors:read', 'sensors:read', 'filters:read', 'rules:read', 'timeline:read', 'pipeline:read'] as const
const WORK = ['alerts:triage', 'rules:test'] as const
const ADMINISTER = ['connectors:write', 'sensors:enroll', 'sensors:write', 'filters:write', 'rules:write'] as const

export const PERMISSIONS = [...READ, ...WORK, ...ADMINISTER] as const
export type Permission = (typeof PERMISSIONS)[number]

/** What each role may do within its own tenant; no role reaches into another one. */
export const ROLE_PERMISSIONS: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: READ,
  analyst: [...READ, ...WORK],
  tenant_admin: PERMISSIONS,
  platform_admin: PERMISSIONS,
}
