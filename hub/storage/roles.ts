import type pg from 'pg'
import { ExpectedError, messageOf } from '../../shared/errors.ts'

/** The database cannot be set up with what the hub was given. The message says what to do about it. */
export class DatabaseSetupError extends ExpectedError {
  readonly code = 'DATABASE_SETUP'
  readonly kind = 'invalid'
}

/** PostgreSQL's number for 15.0, the oldest with what the migrations use. */
const OLDEST_VERSION = 150_000

/**
 * Makes the two roles the migrations grant to, where they are missing: `picket_app`, as whom the hub works, and `picket_lookup`, which owns
 * the functions that read across tenants and cannot log in.
 *
 * @param appPassword - set on `picket_app`; undefined where the hub was given a login of its own for it
 * @throws {DatabaseSetupError} kind `invalid`: too old a server, or the owner may not create roles and they do not exist
 */
export async function ensureRoles(owner: pg.Pool, appPassword: string | undefined): Promise<void> {
  const { rows } = await owner.query<{ version: number; app: boolean; lookup: boolean; user: string }>(
    `select current_setting('server_version_num')::int as version,
       exists (select from pg_roles where rolname = 'picket_app') as app,
       exists (select from pg_roles where rolname = 'picket_lookup') as lookup, quote_ident(current_user) as user`,
  )
  const state = rows[0]
  if (!state || state.version < OLDEST_VERSION) throw new DatabaseSetupError('PostgreSQL 15 or newer is needed')
  const { user } = state
  try {
    if (!state.lookup) await createRole(owner, 'create role picket_lookup nologin')
    // To hand functions over to it. Without inheritance (where the server can say so) the owner does not see what it sees.
    const [privilege, inherit] = state.version >= 160_000 ? ['set', ' with inherit false, set true'] : ['member', '']
    const { rows: may } = await owner.query<{ may: boolean }>(`select pg_has_role(current_user, 'picket_lookup', $1) as may`, [privilege])
    if (!may[0]?.may) await owner.query(`grant picket_lookup to current_user${inherit}`)
    if (!state.app) await createRole(owner, 'create role picket_app login')
    if (appPassword !== undefined) await owner.query(`alter role picket_app login password ${quoted(appPassword)}`)
  } catch (cause) {
    throw new DatabaseSetupError(
      `cannot set up the roles picket_app and picket_lookup (${messageOf(cause)}). Give the user in DATABASE_URL the attribute CREATEROLE, or have an ` +
        `administrator run: CREATE ROLE picket_app LOGIN PASSWORD '…'; CREATE ROLE picket_lookup NOLOGIN; GRANT picket_lookup TO ${user}; ` +
        'and set PICKET_DATABASE_APP_URL to the connection string of picket_app. Roles that exist already need no CREATE ROLE, only a password that is known',
      { cause },
    )
  }
}

/** Two hubs on one server may both find the role missing; the second's attempt is then as good as success. */
async function createRole(owner: pg.Pool, statement: string): Promise<void> {
  try {
    await owner.query(statement)
  } catch (error) {
    const code = (error as { code?: string }).code
    if (code !== '42710' && code !== '23505') throw error // duplicate_object; unique_violation while both are at it
  }
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`

/**
 * Refuses to work as a role that row level security does not hold.
 * @throws {DatabaseSetupError} kind `invalid`, naming what the role has too much of
 */
export async function checkAppRole(app: pg.Pool): Promise<void> {
  const { rows } = await app.query<{ name: string; super: boolean; bypass: boolean; owns: number }>(
    `select rolname as name, rolsuper as super, rolbypassrls as bypass,
       (select count(*)::int from pg_class where relowner = pg_roles.oid) as owns
     from pg_roles where rolname = current_user`,
  )
  const role = rows[0]
  if (!role) throw new DatabaseSetupError('the app role is not visible')
  const excess = [role.super && 'is a superuser', role.bypass && 'bypasses row level security', role.owns > 0 && 'owns tables'].filter(Boolean)
  if (excess.length > 0)
    throw new DatabaseSetupError(`the hub does not work as ${role.name}, which ${excess.join(' and ')}: tenants would not be kept apart`)
}
