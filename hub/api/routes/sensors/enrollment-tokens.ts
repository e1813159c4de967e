import { HOUR_MS } from '../../../../shared/durations.ts'
import { body, consoleRoutes, createRoute, json, named, needs, refuses } from '../../openapi.ts'
import type { Parts, Site } from '../../parts.ts'
import { EnrollmentTokenCreate, EnrollmentTokenCreated } from '../../schemas/views.ts'

export const SENSOR_BUNDLE_PATH = '/download/picket-sensor.mjs'

const route = createRoute({
  method: 'post',
  path: '/sensors/enrollment-tokens',
  tags: ['Sensors'],
  summary: 'Make a one-time token that enrols a sensor',
  description: 'The token is in this answer and nowhere else. `command` is one line to paste on the machine that shall run the sensor.',
  ...needs('sensors:enroll'),
  request: { body: body(named('EnrollmentTokenCreate', EnrollmentTokenCreate)) },
  responses: { 201: json(named('EnrollmentTokenCreated', EnrollmentTokenCreated), 'The token'), ...refuses(400, 401, 403) },
})

export const enrollmentTokens = (parts: Parts) =>
  consoleRoutes().openapi(route, async (c) => {
    const { name, expires_in_hours } = c.req.valid('json')
    const { tenant, email } = c.var.session
    const made = await parts.fleet.createEnrollmentToken(tenant, { name, validForMs: expires_in_hours * HOUR_MS, createdBy: email })
    const url = new URL(parts.site.publicUrl ?? c.req.url)
    const downloadUrl = new URL(SENSOR_BUNDLE_PATH, url.origin).href
    c.header('Cache-Control', 'no-store')
    return c.json(
      {
        id: made.id,
        token: made.token,
        command: enrollCommand(parts.site, url.hostname, downloadUrl, made.token),
        download_url: downloadUrl,
        sha256: parts.site.sensorBundle?.sha256 ?? '',
        expires_at: made.expiresAt.toISOString(),
      },
      201,
    )
  })

/** Fetches the sensor, compares its checksum with the one the hub's operator sees, enrols and runs it. For a POSIX shell. */
export function enrollCommand(site: Site, hostname: string, downloadUrl: string, token: string): string {
  const hub = site.grpcAddress ?? `${hostname}:${site.grpcPort}`
  const steps = site.sensorBundle
    ? [`curl -fsSLo picket-sensor.mjs ${quote(downloadUrl)}`, `echo '${site.sensorBundle.sha256}  picket-sensor.mjs' | sha256sum -c -`]
    : []
  return [...steps, `node picket-sensor.mjs enroll --hub ${quote(hub)} --token ${quote(token)}`, 'node picket-sensor.mjs run'].join(' && ')
}

const quote = (text: string): string => (/^[\w.:/@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)
