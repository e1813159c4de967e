/** Who may know whom. Each rule says what it protects; the picture is in CONTRIBUTING.md. */
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })
const path = (...paths) => ({ path: paths })

module.exports = {
  forbidden: [
    rule(
      'no-circular',
      'A circle has no inside: neither file can be read, tested or replaced alone.',
      {},
      { circular: true, dependencyTypesNot: ['type-only'] },
    ),
    rule('shared-stands-alone', 'Both programs run shared; the sensor ships it as one file.', path('^shared/'), path('^(sensor|hub|test|bench)/')),
    rule('sigma-is-pure', 'Rules in, event in, matches out: no clock, network, disk or tenant.', path('^shared/(sigma|normalize)/'), {
      dependencyTypes: ['core'],
      pathNot: '^(node:)?(buffer|v8|crypto|util)$',
    }),
    rule('sensor-not-hub', 'They meet on the wire (proto/) and nowhere else.', path('^sensor/'), path('^hub/')),
    rule('hub-not-sensor', 'They meet on the wire (proto/) and nowhere else.', path('^hub/'), path('^sensor/')),
    rule(
      'sensor-parts-meet-in-main',
      'Sources, pre-filters, buffer, uplink and packs know their own contract; main and the runner wire them.',
      { path: '^sensor/(sources|prefilter|buffer|uplink|pack|addon)/' },
      { path: '^sensor/(sources|prefilter|buffer|uplink|pack|addon)/', pathNot: ['^sensor/$1/', '^sensor/buffer/contract\\.ts$'] },
    ),
    rule('detection-knows-shared', 'The engine gets its store as an argument.', path('^hub/(detection|correlation)/'), {
      path: '^hub/',
      pathNot: ['^hub/(detection|correlation)/', '^hub/identity/ports\\.ts$'],
    }),
    rule(
      'parts-know-contracts',
      'A part of the hub sees another only through its ports and contracts, so that storage and transport can be replaced.',
      { path: '^hub/(alerts|fleet|identity|live|pipeline|timeline|connectors)/' },
      { path: '^hub/', pathNot: ['^hub/$1/', '^hub/[a-z]+/(ports|contract)\\.ts$'] },
    ),
    rule('storage-knows-types', 'Storage gives parts what their ports declare; it decides nothing for them.', path('^hub/storage/'), {
      path: '^hub/',
      pathNot: ['^hub/storage/', '^hub/[a-z]+/(ports|contract)\\.ts$', '^hub/detection/(content|backtest)/ports\\.ts$'],
    }),
    rule(
      'no-sql-outside-storage',
      'I write SQL: hub/storage/, inside withTenant.',
      { path: '^hub/', pathNot: '^hub/storage/' },
      path('node_modules/(pg|drizzle-orm)/'),
    ),
    rule('console-knows-types', "The console is served to browsers: of the hub it takes the API's types alone.", path('^hub/console/'), {
      path: '^(hub|sensor|shared)/',
      pathNot: ['^hub/console/', '^hub/api/schemas/', '^shared/sigma/contract\\.ts$'],
    }),
    rule('console-takes-only-types', 'zod is 90 KB in a browser.', path('^hub/console/'), {
      path: ['^hub/api/schemas/', 'node_modules/zod/'],
      dependencyTypesNot: ['type-only'],
    }),
    rule('nothing-imports-main', 'main.ts starts things; whoever imports it starts them twice.', {}, path('^(sensor|hub)/main\\.ts$')),
    rule('nothing-imports-tests', 'Tests may see everything; nothing may see tests.', { pathNot: '^(test|bench)/' }, path('^(test|bench)/')),
    rule('unresolvable', 'An import that leads nowhere fails only when it runs.', {}, { couldNotResolve: true, pathNot: '^picket:' }),
  ],
  options: {
    doNotFollow: { path: ['node_modules', 'generated'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types', 'default'] },
  },
}
