/** Records as sources send them, made up by number: a third each of sshd lines, firewall CEF and Sysmon process creations. None fires a rule. */
export function record(index: number, at: Date): string {
  const iso = at.toISOString()
  const address = `10.${(index >> 8) % 250}.${index % 250}.${(index * 7) % 250}`
  switch (index % 3) {
    case 0:
      return `<38>1 ${iso} web-${index % 40} sshd ${1_000 + (index % 9_000)} - - Accepted publickey for deploy${index % 12} from ${address} port ${40_000 + (index % 20_000)} ssh2: ED25519 SHA256:kq1c${index}`
    case 1:
      return `<134>1 ${iso} edge-fw - - - - CEF:0|Acme|EdgeWall|7.2|100|Traffic|3|src=${address} dst=203.0.113.${index % 250} spt=${1_024 + (index % 60_000)} dpt=443 proto=TCP act=allow cnt=${index % 17} msg=session closed by peer`
    default:
      return JSON.stringify({
        EventTime: iso.slice(0, 19).replace('T', ' '),
        Hostname: `FIN-WS-${index % 200}`,
        EventID: 1,
        Channel: 'Microsoft-Windows-Sysmon/Operational',
        SourceName: 'Microsoft-Windows-Sysmon',
        ProcessGuid: `{6a910b9d-0310-69af-${(index % 65_536).toString(16).padStart(4, '0')}-000000001000}`,
        ProcessId: 4_000 + (index % 20_000),
        Image: 'C:\\Program Files\\Vendor\\Agent\\agent.exe',
        CommandLine: `"C:\\Program Files\\Vendor\\Agent\\agent.exe" --task ${index} --quiet`,
        CurrentDirectory: 'C:\\Windows\\System32\\',
        User: 'NT AUTHORITY\\SYSTEM',
        IntegrityLevel: 'System',
        Hashes: 'SHA256=9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08',
        ParentImage: 'C:\\Windows\\System32\\services.exe',
        ParentCommandLine: 'C:\\Windows\\system32\\services.exe',
      })
  }
}

/** A record that fires "Root Signed In Over SSH With a Password" on a host of its own, so that every one is a new alert. */
export const firingRecord = (host: string, at: Date): string =>
  `<38>1 ${at.toISOString()} ${host} sshd 2240 - - Accepted password for root from 198.51.100.23 port 52114 ssh2`
