/** One Windows event of each kind Sigma has a logsource for, by channel and event id, as evtx_dump writes them. */
const WINDOWS: readonly (readonly [channel: string, eventId: number, eventType?: string])[] = [
  ['Application', 1000],
  ['Microsoft-Windows-AppLocker/EXE and DLL', 8004],
  ['Microsoft-Windows-AppModel-Runtime/Admin', 201],
  ['Microsoft-Windows-AppXDeploymentServer/Operational', 401],
  ['Microsoft-Windows-AppxPackaging/Operational', 157],
  ['Microsoft-Windows-Bits-Client/Operational', 16403],
  ['Microsoft-Windows-CAPI2/Operational', 70],
  ['Microsoft-Windows-CertificateServicesClient-Lifecycle-System/Operational', 1007],
  ['Microsoft-Windows-CodeIntegrity/Operational', 3033],
  ['Microsoft-Windows-Diagnosis-Scripted/Operational', 101],
  ['Microsoft-Windows-DNS Client Events/Operational', 3008],
  ['DNS Server', 150],
  ['Microsoft-Windows-DNS-Server/Analytical', 256],
  ['Microsoft-Windows-DriverFrameworks-UserMode/Operational', 2003],
  ['Microsoft-Windows-Windows Firewall With Advanced Security/Firewall', 2004],
  ['Microsoft-IIS-Configuration/Operational', 29],
  ['Microsoft-Windows-LDAP-Client/Debug', 30],
  ['Microsoft-Windows-LSA/Operational', 300],
  ['Microsoft-ServiceBus-Client', 40300],
  ['MSExchange Management', 6],
  ['Microsoft-Windows-NTLM/Operational', 8001],
  ['OpenSSH/Operational', 4],
  ['Windows PowerShell', 400],
  ['Windows PowerShell', 600],
  ['Microsoft-Windows-PrintService/Admin', 808],
  ['Microsoft-Windows-PrintService/Operational', 316],
  ['Security', 4624],
  ['Security', 4688],
  ['Microsoft-Windows-Security-Mitigations/Kernel Mode', 11],
  ['Microsoft-Windows-Shell-Core/Operational', 28115],
  ['Microsoft-Windows-SmbClient/Connectivity', 30803],
  ['Microsoft-Windows-SmbClient/Security', 31017],
  ['Microsoft-Windows-SMBServer/Connectivity', 1029],
  ['System', 7045],
  ['Microsoft-Windows-TaskScheduler/Operational', 129],
  ['Microsoft-Windows-TerminalServices-LocalSessionManager/Operational', 21],
  ['Microsoft-Windows-Windows Defender/Operational', 1116],
  ['Microsoft-Windows-WMI-Activity/Operational', 5861],
  ['Microsoft-Windows-PowerShell/Operational', 4103],
  ['Microsoft-Windows-PowerShell/Operational', 4104],
  ['Microsoft-Windows-Kernel-File/Analytic', 12],
  ['Microsoft-Windows-Kernel-File/Analytic', 27],
  ['RPCFW', 3],
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 19, 22, 23, 25, 26, 27, 28, 29, 255].map(
    (id) => ['Microsoft-Windows-Sysmon/Operational', id] as const,
  ),
  ['Microsoft-Windows-Sysmon/Operational', 12, 'CreateKey'],
  ['Microsoft-Windows-Sysmon/Operational', 12, 'DeleteValue'],
]

const windowsRecord = ([channel, eventId, eventType]: (typeof WINDOWS)[number]): object => ({
  Event: {
    System: {
      Provider: { '#attributes': { Name: channel.split('/')[0] } },
      EventID: eventId,
      Channel: channel,
      Computer: 'ws7.acme.example',
      TimeCreated: { '#attributes': { SystemTime: '2026-03-10T09:00:00Z' } },
    },
    EventData: eventType === undefined ? {} : { EventType: eventType },
  },
})

const K8S = {
  kind: 'Event',
  apiVersion: 'audit.k8s.io/v1',
  level: 'Metadata',
  auditID: '5b0c6a0e-9d5f-4a41-8c5b-2f7a6a3d9c01',
  stage: 'ResponseComplete',
  user: { username: 'mira@acme.example', groups: ['system:authenticated'] },
  sourceIPs: ['198.51.100.23'],
  userAgent: 'kubectl/v1.31.0 (linux/amd64) kubernetes/9edcffc',
  requestReceivedTimestamp: '2026-03-10T09:20:11.000000Z',
}
const CLOUDTRAIL = {
  eventVersion: '1.09',
  eventTime: '2026-03-10T09:25:40Z',
  awsRegion: 'eu-central-1',
  sourceIPAddress: '198.51.100.23',
  userAgent: 'aws-cli/2.15',
  userIdentity: { type: 'IAMUser', arn: 'arn:aws:iam::111122223333:user/mira', accountId: '111122223333', userName: 'mira' },
  eventID: '3c1b6a2e-8a6f-4d0e-9a53-2f0f6d1c7e11',
  recipientAccountId: '111122223333',
}
const ENTRA = {
  time: '2026-03-10T09:20:11.5863957Z',
  resourceId: '/tenants/22222222-2222-2222-2222-222222222222/providers/Microsoft.aadiam',
  operationVersion: '1.0',
  tenantId: '22222222-2222-2222-2222-222222222222',
  callerIpAddress: '198.51.100.23',
  Level: 4,
}
const M365 = {
  CreationTime: '2026-03-10T09:20:11',
  Id: '3e4f9ff8-5a0f-4a57-9a0e-1a2b3c4d5e6f',
  OrganizationId: '22222222-2222-2222-2222-222222222222',
  UserType: 0,
  UserKey: '10030000A9F382C6',
  UserId: 'mira.holt@acme.example',
  ClientIP: '198.51.100.23',
  Version: 1,
}
const ZEEK = {
  ts: 1773134411.5,
  uid: 'CHhAvVGS1DHFjwGM9',
  'id.orig_h': '10.4.1.22',
  'id.orig_p': 49152,
  'id.resp_h': '203.0.113.80',
  'id.resp_p': 80,
}

/**
 * A record of each other source as its vendor writes it, and the public rule that it must fire by way of the normaliser, by that rule's title. A source
 * without one is claimed by its logsource alone.
 */
export const VENDOR_RECORDS: readonly { readonly record: string | object; readonly fires?: string }[] = [
  {
    record: {
      ...CLOUDTRAIL,
      eventSource: 's3.amazonaws.com',
      eventName: 'PutBucketVersioning',
      requestParameters: { bucketName: 'b', VersioningConfiguration: { Status: 'Suspended' } },
    },
    fires: 'AWS S3 Bucket Versioning Disable',
  },
  { record: { ...CLOUDTRAIL, eventSource: 'cloudtrail.amazonaws.com', eventName: 'StopLogging' }, fires: 'AWS CloudTrail Important Change' },
  {
    record: {
      ...ENTRA,
      category: 'SignInLogs',
      operationName: 'Sign-in activity',
      resultType: '50053',
      resultDescription: 'Account locked',
      properties: { userPrincipalName: 'mira.holt@acme.example', status: { errorCode: 50053 }, conditionalAccessStatus: 'notApplied' },
    },
    fires: 'Account Lockout',
  },
  {
    record: {
      ...ENTRA,
      category: 'AuditLogs',
      operationName: 'Delete conditional access policy',
      properties: {
        activityDisplayName: 'Delete conditional access policy',
        category: 'Policy',
        result: 'success',
        loggedByService: 'Conditional Access',
        initiatedBy: { user: { userPrincipalName: 'mira.holt@acme.example' } },
        targetResources: [],
      },
    },
    fires: 'CA Policy Removed by Non Approved Actor',
  },
  {
    record: {
      time: '2026-03-10T09:20:11Z',
      resourceId: '/SUBSCRIPTIONS/0F0/RESOURCEGROUPS/EDGE/PROVIDERS/MICROSOFT.NETWORK/AZUREFIREWALLS/FW1',
      operationName: 'MICROSOFT.NETWORK/AZUREFIREWALLS/DELETE',
      category: 'Administrative',
      resultType: 'Success',
      resultSignature: 'Succeeded',
      callerIpAddress: '198.51.100.23',
      identity: { claims: { name: 'Mira Holt' } },
      properties: {},
    },
    fires: 'Azure Firewall Modified or Deleted',
  },
  {
    record: {
      id: '6a5874ca-abcd-9d82-5ad39bd71600',
      riskEventType: 'anonymizedIPAddress',
      riskState: 'atRisk',
      riskLevel: 'medium',
      userPrincipalName: 'mira.holt@acme.example',
      ipAddress: '198.51.100.23',
      detectedDateTime: '2026-03-10T09:20:11Z',
    },
    fires: 'Anonymous IP Address',
  },
  {
    record: { riskEventType: 'invalidLicenseAlertIncident', userPrincipalName: 'mira.holt@acme.example', createdDateTime: '2026-03-10T09:20:11Z' },
    fires: 'Invalid PIM License',
  },
  {
    record: {
      protoPayload: {
        '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
        serviceName: 'storage.googleapis.com',
        methodName: 'storage.buckets.delete',
        authenticationInfo: { principalEmail: 'mira@acme.example' },
        requestMetadata: { callerIp: '198.51.100.23' },
      },
      insertId: 'a1',
      resource: { type: 'gcs_bucket' },
      timestamp: '2026-03-10T09:20:11Z',
      logName: 'projects/acme/logs/cloudaudit.googleapis.com%2Factivity',
    },
    fires: 'Google Cloud Storage Buckets Modified or Deleted',
  },
  {
    record: {
      kind: 'admin#reports#activity',
      id: { time: '2026-03-10T09:20:11.470Z', uniqueQualifier: '-72', applicationName: 'admin', customerId: 'C01' },
      actor: { email: 'mira@acme.example', profileId: '1' },
      ipAddress: '198.51.100.23',
      events: [{ type: 'DOMAIN_SETTINGS', name: 'AUTHORIZE_API_CLIENT_ACCESS', parameters: [{ name: 'API_CLIENT_NAME', value: '1234' }] }],
    },
  },
  {
    record: {
      protoPayload: {
        serviceName: 'admin.googleapis.com',
        methodName: 'google.admin.AdminService.enforceStrongAuthentication',
        metadata: {
          event: [{ eventName: 'ENFORCE_STRONG_AUTHENTICATION', eventType: 'SECURITY_SETTINGS', parameter: [{ name: 'NEW_VALUE', value: 'false' }] }],
        },
      },
      insertId: 'b1',
      timestamp: '2026-03-10T09:20:11Z',
      logName: 'organizations/1/logs/cloudaudit.googleapis.com%2Factivity',
    },
    fires: 'Google Workspace MFA Disabled',
  },
  {
    record: {
      protoPayload: {
        serviceName: 'login.googleapis.com',
        methodName: 'google.login.LoginService.govAttackWarning',
        metadata: { event: [{ eventName: 'gov_attack_warning' }] },
      },
      insertId: 'c1',
      timestamp: '2026-03-10T09:20:11Z',
      logName: 'organizations/1/logs/cloudaudit.googleapis.com%2Fdata_access',
    },
    fires: 'Google Workspace Government Attack Warning',
  },
  {
    record: { ...M365, Workload: 'AzureActiveDirectory', RecordType: 8, Operation: 'Disable Strong Authentication.', ResultStatus: 'Success' },
    fires: 'Disabling Multi Factor Authentication',
  },
  {
    record: { ...M365, Workload: 'Exchange', RecordType: 1, Operation: 'Add-FederatedDomain', ResultStatus: 'True' },
    fires: 'New Federated Domain Added - Exchange',
  },
  {
    record: {
      ...M365,
      Workload: 'SecurityComplianceCenter',
      RecordType: 40,
      Operation: 'AlertTriggered',
      Name: 'Activity from anonymous IP addresses',
      ResultStatus: 'Succeeded',
    },
    fires: 'Activity from Anonymous IP Addresses',
  },
  {
    record: {
      ...M365,
      Workload: 'SecurityComplianceCenter',
      RecordType: 40,
      Operation: 'AlertTriggered',
      Name: 'Activity from suspicious IP addresses',
      ResultStatus: 'Succeeded',
    },
    fires: 'Activity from Suspicious IP Addresses',
  },
  {
    record: {
      uuid: '7a4f1c52',
      published: '2026-03-10T09:20:11.000Z',
      eventType: 'system.api_token.create',
      displayMessage: 'Create API token',
      actor: { id: '00u1', alternateId: 'mira.holt@acme.example' },
      outcome: { result: 'SUCCESS' },
    },
    fires: 'Okta API Token Created',
  },
  {
    record: {
      id: 1,
      created_at: '2026-03-10T09:20:11Z',
      account_id: 5,
      user_id: 7,
      event_type_id: 3,
      actor_user_name: 'mira',
      ipaddr: '198.51.100.23',
    },
    fires: 'OneLogin User Assumed Another User',
  },
  {
    record: {
      txid: '340a',
      isotimestamp: '2026-03-10T09:20:11Z',
      event_type: 'authentication',
      factor: 'bypass_code',
      result: 'success',
      reason: 'bypass_user',
      user: { name: 'mira' },
      access_device: { ip: '198.51.100.23' },
    },
    fires: 'Cisco Duo Successful MFA Authentication Via Bypass Code',
  },
  {
    record: {
      '@timestamp': 1773134411000,
      _document_id: 'ioehzret57',
      action: 'org.disable_two_factor_requirement',
      actor: 'mira',
      actor_ip: '198.51.100.23',
      org: 'acme',
      created_at: 1773134411000,
    },
    fires: 'Github High Risk Configuration Disabled',
  },
  {
    record: {
      timestamp: { epochSecond: 1773134411 },
      author: { name: 'mira', id: '3' },
      auditType: { category: 'Global administration', action: 'SSH settings changed' },
      source: '198.51.100.23',
    },
    fires: 'Bitbucket Global SSH Settings Changed',
  },
  {
    record: {
      ...K8S,
      verb: 'create',
      requestURI: '/api/v1/namespaces/shop/pods/cart-7/exec?command=sh',
      objectRef: { resource: 'pods', namespace: 'shop', name: 'cart-7', subresource: 'exec' },
      responseStatus: { code: 101 },
    },
    fires: 'Potential Remote Command Execution In Pod Container',
  },
  {
    record: {
      ...K8S,
      verb: 'create',
      requestURI: '/api/v1/namespaces/shop/pods',
      objectRef: { resource: 'pods', namespace: 'shop' },
      requestObject: { spec: { volumes: [{ name: 'root', hostPath: { path: '/' } }] } },
    },
    fires: 'Container With A hostPath Mount Created',
  },
  { record: { ...ZEEK, query: 'xmr.nanopool.org', qtype_name: 'A', rejected: false, proto: 'udp' }, fires: 'DNS Events Related To Mining Pools' },
  {
    record: { ...ZEEK, trans_depth: 1, method: 'PUT', host: 'files.example', uri: '/drop', user_agent: 'Microsoft-WebDAV-MiniRedir/10.0' },
    fires: 'WebDav Put Request',
  },
  { record: { ...ZEEK, action: 'SMB::FILE_OPEN', path: '\\\\10.4.0.5\\IPC$', name: 'spoolss' }, fires: 'SMB Spoolss Name Piped Usage' },
  { record: { ...ZEEK, endpoint: 'efsrpc', operation: 'EfsRpcOpenFileRaw' }, fires: 'Potential PetitPotam Attack Via EFS RPC Calls' },
  {
    record: { ...ZEEK, request_type: 'TGS', cipher: 'rc4-hmac', service: 'MSSQLSvc/db1', client: 'mira/ACME' },
    fires: 'Kerberos Network Traffic RC4 Ticket Encryption',
  },
  {
    record: { ...ZEEK, 'id.orig_h': '198.51.100.77', cookie: 'mira', security_protocol: 'HYBRID', result: 'encrypted' },
    fires: 'Publicly Accessible RDP Service',
  },
  {
    record: { ts: 1773134411.5, id: 'FxJoXH', 'certificate.serial': '8BB00EE', 'certificate.subject': 'CN=' },
    fires: 'Default Cobalt Strike Certificate',
  },
  {
    record: {
      dst_host: '10.4.0.9',
      dst_port: 21,
      local_time: '2026-03-10 09:20:11.000000',
      logdata: { USERNAME: 'root', PASSWORD: 'x' },
      logtype: 2000,
      node_id: 'canary-1',
      src_host: '10.4.1.22',
      src_port: 49152,
    },
    fires: 'OpenCanary - FTP Login Attempt',
  },
  {
    record: {
      EventID: 3,
      Channel: 'RPCFW',
      SourceName: 'RPCFW',
      Hostname: 'dc1',
      InterfaceUuid: 'e3514235-4b06-11d1-ab04-00c04fc2dcd2',
      OpNum: 3,
      EventTime: '2026-03-10 09:20:11',
    },
    fires: 'Possible DCSync Attack',
  },
  {
    record: {
      '@timestamp': '2026-03-10T09:20:11Z',
      host: { name: 'db1', scan: { vuln: 10693, vuln_name: 'Default password' } },
      event: { category: 'Security Policy' },
    },
    fires: 'Default Credentials Usage',
  },
  {
    record:
      '<189>date=2026-03-10 time=09:20:11 devname="edge-fg" devid="FG100" eventtime=1773134411000000000 tz="+0000" logid="0100044547" type="event" subtype="system" level="information" vd="root" logdesc="Object attribute configured" user="admin" ui="GUI(10.4.1.9)" action="Add" cfgtid=1 cfgpath="system.admin" cfgobj="backup2" msg="Add system.admin backup2"',
    fires: 'FortiGate - New Administrator Account Created',
  },
  {
    record:
      '<189>date=2026-03-10 time=09:20:11 devname="edge-fg" devid="FG100" logid="0100032546" type="event" subtype="system" level="warning" vd="root" logdesc="Application crashed" action="crash" msg="Pid: 00134, application: sslvpnd, file /data/lib/libips.bak"',
    fires: 'Exploitation Indicator Of CVE-2022-42475',
  },
  {
    record:
      '<14>Mar 10 09:20:11 pa-edge 1,2026/03/10 09:20:11,016201000000,GLOBALPROTECT,0,2562,2026/03/10 09:20:11,vsys1,gateway-auth,login,LDAP,,acme\\mira,DE,ws7,198.51.100.23,0.0.0.0,10.9.0.4,0.0.0.0,662f,PF,6.0.4,Windows,"Microsoft Windows 11",1,,,"failed to unmarshal session(../../opt/panlogs/tmp)",failure,,0,,0,GW,5,0x8000',
    fires: 'Potential CVE-2024-3400 Exploitation - Palo Alto GlobalProtect OS Command Injection',
  },
  {
    record: {
      '@timestamp': '2026-03-10T09:20:11Z',
      event: { kind: 'event', category: ['file'], type: ['creation'] },
      host: { name: 'pa-edge', os: { type: 'PAN-OS' } },
      file: { path: '/opt/panlogs/tmp/device_telemetry/hour/x`curl$' },
    },
    fires: 'Potential CVE-2024-3400 Exploitation - Palo Alto GlobalProtect OS Command Injection - File Creation',
  },
  { record: '<189>45: edge-r1: Mar 10 09:20:11.000: %PARSER-5-CFGLOG_LOGGEDCMD: User:mira  logged command:clear logging', fires: 'Cisco Clear Logs' },
  {
    record: '<187>46: edge-r1: Mar 10 09:20:11.000: tcp[409]: %IP-TCP-3-BADAUTH : Invalid MD5 digest from 203.0.113.1:179 to 203.0.113.2:18420',
    fires: 'Cisco BGP Authentication Failures',
  },
  {
    record: '<187>47: edge-r1: Mar 10 09:20:11.000: %LDP-3-SOCKET_TCP_PACKET_MD5_AUTHEN_FAIL: LDP TCPMD5AuthenFail',
    fires: 'Cisco LDP Authentication Failures',
  },
  {
    record:
      '<189>48: edge-r1: Mar 10 09:20:11.000: %SYS-5-CONFIG_P: Configured programmatically by process SEP_webui_wsma_http from console as cisco_tac_admin on vty1',
    fires: 'Exploitation Indicators Of CVE-2023-20198',
  },
  {
    record:
      '<187>Mar 10 09:20:11 core-h1 %%01BGP/3/BGP_AUTH_FAILED(l)[12]:BGP session authentication failed. (PeerAddress=203.0.113.1, SrcPort=:179)',
    fires: 'Huawei BGP Authentication Failures',
  },
  {
    record: '<28>Mar 10 09:20:11 core-j1 rpd[1834]: bgp_recv: tcp_auth_ok: Packet from 203.0.113.1:179 missing MD5 digest',
    fires: 'Juniper BGP Missing MD5',
  },
  {
    record: {
      '@timestamp': '2026-03-10T09:20:11Z',
      event: { kind: 'event', dataset: 'netflow.log' },
      source: { ip: '10.4.1.22' },
      destination: { ip: '203.0.113.80', port: 21 },
    },
    fires: 'Cleartext Protocol Usage Via Netflow',
  },
  { record: '2026/03/10 09:20:11 [alert] 123#123: worker process 456 exited on signal 6 (core dumped)', fires: 'Nginx Core Dump' },
  {
    record: '[Tue Mar 10 09:20:11.000000 2026] [core:notice] [pid 1:tid 1] AH00052: child pid 44 exit signal Segmentation Fault (11)',
    fires: 'Apache Segmentation Fault',
  },
  {
    record: '<134>Mar 10 09:14:02 edge-fw CEF:0|Acme|EdgeWall|7.2|100|Traffic|3|src=10.4.1.22 dst=203.0.113.80 spt=51222 dpt=23 proto=TCP act=accept',
    fires: 'Cleartext Protocol Usage',
  },
  {
    record:
      '1773134411.074 61 10.4.1.22 TCP_MISS/200 8811 GET http://files.hopto.org/a/update.exe - HIER_DIRECT/203.0.113.80 application/octet-stream',
    fires: 'Download from Suspicious Dyndns Hosts',
  },
  {
    record:
      '198.51.100.77 - - [10/Mar/2026:09:15:31 +0000] "GET /?x=${@java.lang.Runtime@getRuntime().exec(\'id\')} HTTP/1.1" 200 512 "-" "Mozilla/5.0"',
    fires: 'Java Payload Strings',
  },
  {
    record: '<30>Mar 10 09:20:11 ns1 named[412]: client @0x7f62b80115d0 10.4.1.22#55575 (x.oastify.com): query: x.oastify.com IN A + (10.4.0.2)',
    fires: 'DNS Query to External Service Interaction Domains',
  },
  { record: '<22>Mar 10 09:20:11 mail1 clamd[733]: /var/spool/in/1.eml: Win.Trojan.CobaltStrike-9044898-1 FOUND', fires: 'Relevant ClamAV Message' },
  {
    record: '<22>Mar 10 09:20:11 mail1 clamd[733]: /var/spool/in/2.eml: Backdoor.CobaltStrike.Beacon FOUND',
    fires: 'Antivirus - Exploitation Framework Signature',
  },
  { record: '<86>Mar 10 09:20:11 db1 postgres[733]: STATEMENT:  DROP TABLE accounts', fires: 'Suspicious SQL Query' },
  { record: '<11>Mar 10 09:20:11 db1 mysqld[733]: You have an error in your SQL syntax; check the manual', fires: 'Suspicious SQL Error Messages' },
  {
    record: {
      timestamp: '2026-03-10T09:20:11Z',
      level: 'ERROR',
      logger: 'django.security.DisallowedHost',
      message: 'DisallowedHost: Invalid HTTP_HOST header',
    },
    fires: 'Django Framework Exceptions',
  },
  {
    record: {
      timestamp: '2026-03-10T09:20:11Z',
      level: 'ERROR',
      logger: 'com.acme.shop.Search',
      message: 'failed',
      stack_trace: 'org.apache.commons.ognl.OgnlException: x\n\tat com.acme.shop.Search.run(Search.java:44)',
    },
    fires: 'Potential OGNL Injection Exploitation In JVM Based Application',
  },
  {
    record: {
      timestamp: '2026-03-10T09:20:11Z',
      level: 'ERROR',
      logger: 'org.springframework.web.servlet',
      message: 'org.springframework.expression.ExpressionException: EL1001E',
    },
    fires: 'Potential SpEL Injection In Spring Framework',
  },
  {
    record: {
      timestamp: '2026-03-10T09:20:11Z',
      level: 'ERROR',
      logger: 'org.apache.velocity.runtime',
      message: 'org.apache.velocity.exception.ParseErrorException: Encountered',
    },
    fires: 'Potential Server Side Template Injection In Velocity',
  },
  {
    record: {
      timestamp: '2026-03-10T09:20:11Z',
      level: 'error',
      message: 'Error: spawn id',
      stack: 'Error: spawn id\n    at ChildProcess.spawn (node:child_process:421:11)',
    },
    fires: 'Potential RCE Exploitation Attempt In NodeJS',
  },
  {
    record: {
      timestamp: '2026-03-10T09:20:11Z',
      level: 'ERROR',
      message: 'Traceback (most recent call last):\n  File "app.py", line 3\nsqlite3.OperationalError: near "x": syntax error',
    },
    fires: 'Python SQL Exceptions',
  },
  {
    record: "<11>Mar 10 09:20:11 web3 puma[99]: ActionController::InvalidAuthenticityToken (Can't verify CSRF token authenticity.)",
    fires: 'Ruby on Rails Framework Exceptions',
  },
  {
    record: 'type=EXECVE msg=audit(1773134411.074:5512): argc=3 a0="sysctl" a1="-w" a2="kernel.randomize_va_space=0"',
    fires: 'ASLR Disabled Via Sysctl or Direct Syscall - Linux',
  },
  { record: 'type=EXECVE msg=audit(1773134411.074:5513): argc=3 a0="/usr/bin/base64" a1="-d" a2="/tmp/x"', fires: 'Decode Base64 Encoded Text' },
  {
    record:
      '<38>Mar 10 09:20:11 web1 pkexec[512]: mira: The value for environment variable XAUTHORITY contains suspicious content [USER=root] [TTY=/dev/pts/0] [CWD=/home/mira] [COMMAND=x]',
    fires: 'PwnKit Local Privilege Escalation',
  },
  { record: '<78>Mar 10 09:20:11 web1 crontab[512]: (mira) REPLACE (mira)', fires: 'Modifying Crontab' },
  {
    record: '<30>Mar 10 09:20:11 gw1 guacd[512]: User "@a1" joined connection "$b2" (2 users now present)',
    fires: 'Guacamole Two Users Sharing Session Anomaly',
  },
  {
    record: '<38>Mar 10 09:20:11 web1 sshd[512]: error: buffer_get_ret: trying to get more bytes 1907 than in buffer 308 [preauth]',
    fires: 'SSHD Error Message CVE-2018-15473',
  },
  {
    record: '<85>Mar 10 09:20:11 web1 sudo:     mira : TTY=pts/0 ; PWD=/home/mira ; USER=#-1 ; COMMAND=/bin/bash',
    fires: 'Sudo Privilege Escalation CVE-2019-14287 - Builtin',
  },
  { record: '<30>Mar 10 09:20:11 web1 systemd[1]: stopping falcon-sensor', fires: 'Disabling Security Tools - Builtin' },
  { record: '<30>Mar 10 09:20:11 ftp1 vsftpd[512]: Bad HTTP verb.', fires: 'Suspicious VSFTPD Error Messages' },
  {
    record: {
      '@timestamp': '2026-03-10T09:20:11Z',
      event: { kind: 'event', category: ['process'], type: ['start'] },
      host: { name: 'mac7', os: { type: 'macos' } },
      process: { executable: '/usr/bin/base64', command_line: 'base64 -d /tmp/x' },
    },
    fires: 'Decode Base64 Encoded Text -MacOs',
  },
  {
    record: {
      '@timestamp': '2026-03-10T09:20:11Z',
      event: { kind: 'event', category: ['file'], type: ['creation'] },
      host: { name: 'mac7', os: { type: 'macos' } },
      file: { path: '/etc/emond.d/rules/x.plist' },
    },
    fires: 'MacOS Emond Launch Daemon',
  },
  {
    record: {
      '@timestamp': '2026-03-10T09:20:11Z',
      event: { kind: 'event', category: ['file'], type: ['creation'] },
      host: { name: 'web1', os: { type: 'linux' } },
      file: { path: '/etc/doas.conf' },
    },
    fires: 'Linux Doas Conf File Creation',
  },
  {
    record: {
      '@timestamp': '2026-03-10T09:20:11Z',
      event: { kind: 'event', category: ['network'], type: ['start'] },
      host: { name: 'web1', os: { type: 'linux' } },
      destination: { domain: 'pool.minexmr.com', port: 4444 },
    },
    fires: 'Linux Crypto Mining Pool Connections',
  },
]

/** Every record, for classification. */
export const RECORDS: readonly (string | object)[] = [...WINDOWS.map(windowsRecord), ...VENDOR_RECORDS.map(({ record }) => record)]
