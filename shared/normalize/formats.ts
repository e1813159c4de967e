import type { Format } from './contract.ts'
import { cef } from './formats/cef.ts'
import { cisco } from './formats/cisco.ts'
import { clamav } from './formats/clamav.ts'
import { cloudtrail } from './formats/cloudtrail.ts'
import { dnsQuery } from './formats/dns-query.ts'
import { fortigate } from './formats/fortigate.ts'
import { json } from './formats/json.ts'
import { keyValue } from './formats/key-value.ts'
import { leef } from './formats/leef.ts'
import { linuxAuditd } from './formats/linux-auditd.ts'
import { linuxAuth } from './formats/linux-auth.ts'
import { linuxLaurel } from './formats/linux-laurel.ts'
import { linuxNetfilter } from './formats/linux-netfilter.ts'
import { linuxSshd } from './formats/linux-sshd.ts'
import { linuxSudo } from './formats/linux-sudo.ts'
import { linuxSysmon } from './formats/linux-sysmon.ts'
import { macosEslogger } from './formats/macos-eslogger.ts'
import { macosUnifiedLog } from './formats/macos-unified-log.ts'
import { okta } from './formats/okta.ts'
import { osquery } from './formats/osquery.ts'
import { paloalto } from './formats/paloalto.ts'
import { squid } from './formats/squid.ts'
import { syslog } from './formats/syslog.ts'
import { VENDOR_JSON } from './formats/vendor-json.ts'
import { webAccess } from './formats/web-access.ts'
import { webError } from './formats/web-error.ts'
import { webIis } from './formats/web-iis.ts'
import { windowsEvtx } from './formats/windows-evtx.ts'
import { windowsFlat } from './formats/windows-flat.ts'
import { windowsWinlogbeat } from './formats/windows-winlogbeat.ts'
import { windowsXml } from './formats/windows-xml.ts'

/** Every format there is. Among equal scores the earlier one wins. */
export const FORMATS: readonly Format[] = [
  windowsEvtx,
  windowsWinlogbeat,
  windowsFlat,
  windowsXml,
  cloudtrail,
  okta,
  ...VENDOR_JSON,
  cef,
  leef,
  fortigate,
  paloalto,
  cisco,
  linuxSysmon,
  linuxLaurel,
  macosEslogger,
  macosUnifiedLog,
  osquery,
  linuxSshd,
  linuxSudo,
  linuxAuth,
  linuxAuditd,
  linuxNetfilter,
  clamav,
  webAccess,
  webError,
  webIis,
  squid,
  dnsQuery,
  keyValue,
  syslog,
  json,
]
