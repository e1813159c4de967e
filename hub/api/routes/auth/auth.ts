import { TICKET_SECONDS } from '../../../identity/ws-tickets.ts'
import { networkOf } from '../../middleware/request-log.ts'
import { body, consoleRoutes, createRoute, json, named, refuses } from '../../openapi.ts'
import type { Parts } from '../../parts.ts'
import { LoginRequest, LoginResponse, Me, WsTicket } from '../../schemas/views.ts'

const AccessToken = named('AccessToken', LoginResponse)
const toAccessToken = (token: { accessToken: string; expiresInSeconds: number }) => ({
  access_token: token.accessToken,
  token_type: 'Bearer' as const,
  expires_in: token.expiresInSeconds,
})

const login = createRoute({
  method: 'post',
  path: '/auth/login',
  tags: ['Sign-in'],
  summary: 'Sign in with e-mail and password',
  description:
    'Ten failed tries per e-mail and address and fifty per address in five minutes, and a hundred per e-mail in an hour from addresses it has not signed in from; then 429 with `Retry-After`.',
  request: { body: body(LoginRequest) },
  responses: { 200: json(AccessToken, 'An access token, valid for an hour'), ...refuses(400, 401, 429, 503) },
})

/** The one route under /v1 that needs no token. */
export const signInRoutes = (parts: Parts) =>
  consoleRoutes().openapi(login, async (c) => {
    const { email, password } = c.req.valid('json')
    return c.json(toAccessToken(await parts.identity.signIn(email, password, networkOf(c.var.address))), 200)
  })

const signedIn = { tags: ['Sign-in'], security: [{ bearer: [] }] }

const renew = createRoute({
  ...signedIn,
  method: 'post',
  path: '/auth/renew',
  summary: 'Exchange a valid access token for a fresh one',
  description: 'Works until twelve hours after the password was given; then 401 `SESSION_EXPIRED`.',
  responses: { 200: json(AccessToken, 'A new token, with the role as it is now'), ...refuses(401) },
})

const logout = createRoute({
  ...signedIn,
  method: 'post',
  path: '/auth/logout',
  summary: 'End this sign-in',
  description: 'Its tokens are refused from now on. A restart of the hub forgets that; they then run out within the hour.',
  responses: { 204: { description: 'Signed out' }, ...refuses(401) },
})

const me = createRoute({
  ...signedIn,
  method: 'get',
  path: '/me',
  summary: 'Who the token stands for',
  responses: { 200: json(named('Me', Me), 'User, tenant and permissions'), ...refuses(401) },
})

const ticket = createRoute({
  ...signedIn,
  method: 'post',
  path: '/ws/ticket',
  summary: 'A ticket for `/ws/monitoring`',
  description: 'Goes into `?token=` in place of the access token. Works once, within 30 s.',
  responses: { 200: json(named('WsTicket', WsTicket), 'The ticket'), ...refuses(401) },
})

export const sessionRoutes = (parts: Parts) =>
  consoleRoutes()
    .openapi(renew, async (c) => c.json(toAccessToken(await parts.identity.renew(c.var.session)), 200))
    .openapi(logout, (c) => {
      parts.identity.signOut(c.var.session)
      return c.body(null, 204)
    })
    .openapi(me, (c) => {
      const { email, name, role, tenantName, permissions } = c.var.session
      return c.json({ user: { email, name, role }, tenant: { name: tenantName }, permissions: [...permissions] }, 200)
    })
    .openapi(ticket, (c) => c.json({ ticket: parts.identity.issueTicket(c.var.session), expires_in: TICKET_SECONDS }, 200))
