import type { EventDocument } from '../../event/event.ts'
import type { Format } from '../contract.ts'
import { finishEvent, put } from '../document.ts'
import { authMeaning, pamService, putMeaning, putPam, putUser } from '../linux-auth.ts'
import { syslogDocument } from '../syslog-document.ts'

const SWITCHED = authMeaning('su', 'authentication session', 'start', 'success')
const REFUSED = authMeaning('su', 'authentication', 'start', 'failure')
const USER_ADDED = authMeaning('added-user-account', 'iam', 'user creation', 'success')
const USER_DELETED = authMeaning('deleted-user-account', 'iam', 'user deletion', 'success')
const GROUP_ADDED = authMeaning('added-group-account', 'iam', 'group creation', 'success')
const GROUP_CHANGED = authMeaning('added-member-to-group', 'iam', 'group change', 'success')
const PASSWORD_CHANGED = authMeaning('password-changed', 'iam', 'user change', 'success')

// util-linux: `(to root) ana on pts/0`; shadow: `Successful su for root by ana`, `+ pts/0 ana:root`.
const TO = /^(FAILED SU )?\(to (\S{1,64})\) (\S{1,64}) on (\S{1,64})/
const BY = /^(Successful|FAILED) su for (\S{1,64}) by (\S{1,64})/
const SIGN = /^([+-]) (\S{1,64}) ([^\s:-]{1,64})[:-](\S{1,64})$/
const APPS = new Set([
  'su',
  'su-l',
  'login',
  'useradd',
  'userdel',
  'usermod',
  'groupadd',
  'groupdel',
  'gpasswd',
  'passwd',
  'chpasswd',
  'polkitd',
  'pkexec',
  'systemd-logind',
])

/** The rest of what Linux writes to auth.log or secure: su, login, account tools, polkit, and PAM lines of any other service. */
export const linuxAuth: Format = {
  name: 'linux.auth',
  title: 'Linux authentication: su, login, account tools, and PAM lines of other services',
  recognise({ envelope, body, object }) {
    if (object) return 0
    const app = envelope?.app
    if (app !== undefined && APPS.has(app)) return 0.95
    const head = body.length > 400 ? body.slice(0, 400) : body
    if (pamService(head) !== undefined) return 0.85
    return app === undefined && (TO.test(head) || BY.test(head)) ? 0.8 : 0
  },
  read(record) {
    const body = record.body.trim()
    const head = body.length > 1_500 ? body.slice(0, 1_500) : body
    const service = pamService(head)
    const document = syslogDocument(record, 'linux.auth', service ?? (TO.test(head) || BY.test(head) ? 'su' : undefined))
    if (!putPam(document, head) && !putSu(document, head)) putAccountTool(document, head)
    return finishEvent(
      record,
      'linux.auth',
      { product: 'linux', service: (record.envelope?.app ?? service) === 'su' || document['process'] === undefined ? 'su' : 'auth', categories: [] },
      undefined,
      document,
    )
  },
}

function putSu(document: EventDocument, body: string): boolean {
  const to = TO.exec(body)
  const by = to ? null : BY.exec(body)
  const sign = to || by ? null : SIGN.exec(body)
  const [target, user, failed] = to
    ? [to[2], to[3], to[1] !== undefined]
    : by
      ? [by[2], by[3], by[1] === 'FAILED']
      : sign
        ? [sign[4], sign[3], sign[1] === '-']
        : []
  if (target === undefined) return false
  putMeaning(document, failed ? REFUSED : SWITCHED)
  putUser(document, user)
  put(document, 'user.effective.name', target)
  return true
}

/** shadow-utils: `new user: name=ana, UID=1001, GID=1001, …`, `add 'ana' to group 'sudo'`, `password changed for ana`. */
function putAccountTool(document: EventDocument, body: string): void {
  const made = /^new (user|group): name=([^\s,]{1,64})(?:, [UG]ID=(\d{1,10}))?/.exec(body)
  if (made) {
    const at = made[1] === 'user' ? 'user.target' : 'group'
    putMeaning(document, made[1] === 'user' ? USER_ADDED : GROUP_ADDED)
    put(document, `${at}.name`, made[2])
    put(document, `${at}.id`, made[3])
    return
  }
  const added =
    /^(?:add|added) '?([^\s']{1,64})'? to group '?([^\s']{1,64})'?/.exec(body) ?? /^user (\S{1,64}) added by \S{1,64} to group (\S{1,64})/.exec(body)
  const deleted = /^delete user '([^\s']{1,64})'/.exec(body)
  const password = /^password changed for (\S{1,64})/.exec(body)
  const one = added ?? deleted ?? password
  if (!one) return
  putMeaning(document, added ? GROUP_CHANGED : deleted ? USER_DELETED : PASSWORD_CHANGED)
  put(document, 'user.target.name', one[1])
  if (added) put(document, 'group.name', added[2])
}
