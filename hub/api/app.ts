import { timingSafeEqual } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { serveStatic } from '@hono/node-server/serve-static'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { compress } from 'hono/compress'
import { secureHeaders } from 'hono/secure-headers'
import { AlertChanged } from '../alerts/alerts.ts'
import { ConnectorChanged } from '../connectors/connectors.ts'
import { ContentChanged } from '../detection/content/errors.ts'
import { ApiError, problem, toProblemResponse } from './errors.ts'
import type { HttpMetrics } from './metrics.ts'
import { authenticate } from './middleware/authenticate.ts'
import { refuseNul } from './middleware/refuse-nul.ts'
import { isLoopback, requestLog } from './middleware/request-log.ts'
import { openApiDocument } from './openapi-document.ts'
import type { ConsoleEnv, Parts } from './parts.ts'
import { REFERENCE_CSS, referencePage } from './reference/page.ts'
import { toAlertDetail } from './routes/alerts/alert-view.ts'
import { signInRoutes } from './routes/auth/auth.ts'
import { toConnectorView } from './routes/connectors/connector-view.ts'
import { toCurrentContent } from './routes/detection/content-view.ts'
import { tenantRoutes } from './routes/routes.ts'
import { SENSOR_BUNDLE_PATH } from './routes/sensors/enrollment-tokens.ts'

const LARGEST_BODY_BYTES = 1_048_576

export interface AppOptions {
  readonly parts: Parts
  readonly metrics: HttpMetrics
  /** Why the hub cannot serve yet or any more; empty when it can. */
  readonly notReady: () => Promise<readonly string[]>
  /** Opens `/metrics` to whoever presents it; without one, only callers on this machine are let in. */
  readonly metricsToken?: string | undefined
  /** Folder of the built console; without one, only the API is served. */
  readonly consoleDir?: string | undefined
}

/** Everything the hub answers over HTTP. */
export function createApp({ parts, metrics, notReady, metricsToken, consoleDir }: AppOptions): Hono<ConsoleEnv> {
  const app = new Hono<ConsoleEnv>()
  app.onError((error, c) =>
    toProblemResponse(error, c, parts.log, (refusal) => {
      if (refusal instanceof AlertChanged)
        return { current: toAlertDetail(refusal.current, parts.detection.ruleById(c.var.session.tenant.tenantId, refusal.current.ruleId)) }
      if (refusal instanceof ContentChanged) return { current: toCurrentContent(parts, refusal) }
      return refusal instanceof ConnectorChanged ? { current: toConnectorView(refusal.current) } : undefined
    }),
  )
  app.notFound((c) => problem(c, 404, 'NOT_FOUND', 'There is nothing at this address.'))

  app.use(requestLog(parts.log, metrics, parts.site.trustedProxies ?? []))
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
        formAction: ["'self'"],
      },
      xFrameOptions: 'DENY',
      // The hub may be reached over plain HTTP inside a network; whoever ends TLS in front of it sets this.
      strictTransportSecurity: false,
    }),
  )
  app.use(compress())
  const limitBody = bodyLimit({
    maxSize: LARGEST_BODY_BYTES,
    onError: (c) => {
      // The rest of the body is never read: the connection cannot carry another request.
      c.header('Connection', 'close')
      return problem(c, 413, 'BODY_TOO_LARGE', `A body may have ${LARGEST_BODY_BYTES} bytes at most.`)
    },
  })
  app.use(limitBody)
  app.use('/v1/*', refuseNul)

  probes(app, parts, metrics, notReady, metricsToken)
  downloads(app, parts)
  reference(app)

  app.use('/v1/*', async (c, next) => {
    await next()
    if (!c.res.headers.has('Cache-Control')) c.header('Cache-Control', 'no-store')
  })
  app.route('/v1', signInRoutes(parts))
  app.use('/v1/*', authenticate(parts.identity))
  app.route('/v1', tenantRoutes(parts))
  app.all('/v1/*', (c) => problem(c, 404, 'NOT_FOUND', 'There is nothing at this address.'))

  if (consoleDir !== undefined) serveConsole(app, consoleDir)
  return app
}

function probes(app: Hono<ConsoleEnv>, parts: Parts, metrics: HttpMetrics, notReady: AppOptions['notReady'], token: string | undefined): void {
  app.get('/healthz', (c) => c.json({ status: 'ok' }))
  app.get('/readyz', async (c) => {
    const reasons = await notReady().catch((error: unknown) => {
      parts.log.warn({ err: error }, 'the readiness check failed')
      return ['the readiness check failed; the log says why']
    })
    return c.json({ status: reasons.length === 0 ? 'ready' : 'not_ready', reasons }, reasons.length === 0 ? 200 : 503)
  })
  app.get('/metrics', async (c) => {
    const allowed = token === undefined ? isLoopback(c.var.address) : sameText(c.req.header('Authorization') ?? '', `Bearer ${token}`)
    if (!allowed) throw new ApiError('unauthenticated', 'UNAUTHENTICATED', 'Metrics need their token, or a caller on this machine.')
    return c.body(await metrics.registry.metrics(), 200, { 'Content-Type': metrics.registry.contentType })
  })
}

function downloads(app: Hono<ConsoleEnv>, { site }: Parts): void {
  const bundle = site.sensorBundle
  if (!bundle) return
  app.get(SENSOR_BUNDLE_PATH, (c) =>
    c.body(Readable.toWeb(createReadStream(bundle.path)) as ReadableStream, 200, {
      'Content-Type': 'text/javascript; charset=utf-8',
      'Content-Disposition': 'attachment; filename="picket-sensor.mjs"',
      'X-Checksum-Sha256': bundle.sha256,
    }),
  )
  app.get(`${SENSOR_BUNDLE_PATH}.sha256`, (c) => c.text(`${bundle.sha256}  picket-sensor.mjs\n`))
}

function reference(app: Hono<ConsoleEnv>): void {
  const document = openApiDocument()
  const page = referencePage(document)
  app.get('/v1/openapi.json', (c) => c.json(document))
  app.get('/docs', (c) => c.html(page))
  app.get('/docs/reference.css', (c) => c.body(REFERENCE_CSS, 200, { 'Content-Type': 'text/css; charset=utf-8' }))
}

/** The built console. Its addresses are views inside one page, so whatever is not a file is that page. */
function serveConsole(app: Hono<ConsoleEnv>, folder: string): void {
  const page = serveStatic<ConsoleEnv>({ root: folder, path: 'index.html', onFound: (_path, c) => c.header('Cache-Control', 'no-cache') })
  // Assets carry a hash of their content in their names; the page that names them must always be asked for anew.
  const files = serveStatic<ConsoleEnv>({
    root: folder,
    rewriteRequestPath: (path) => path.slice('/console'.length),
    onFound: (path, c) => c.header('Cache-Control', /[-.][A-Z0-9]{8,}\.\w+$/.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache'),
  })
  app.get('/', (c) => c.redirect('/console/'))
  app.get('/console', page)
  app.get('/console/*', files)
  // A view of the console is an address too; a file that is not there is not.
  app.get('/console/*', async (c, next) => {
    if (!/\.\w+$/.test(c.req.path)) return page(c, next)
    await next()
  })
}

function sameText(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)]
  return one.length === other.length && timingSafeEqual(one, other)
}
