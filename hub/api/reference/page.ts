import { ERROR_CODES, errorAnchor } from '../error-codes.ts'
import type { OpenApiDocument } from '../openapi-document.ts'

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const

/** The API reference as one page of plain HTML: no script, one style sheet from this hub, nothing from elsewhere. */
export function referencePage(document: OpenApiDocument): string {
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => (item[method] ? [{ path, method, operation: item[method] }] : [])),
  )
  const tags = [...new Set(operations.map(({ operation }) => operation.tags?.[0] ?? 'Other'))]
  const sections = tags.map((tag) => {
    const own = operations.filter(({ operation }) => (operation.tags?.[0] ?? 'Other') === tag)
    return `<section><h2 id="${slug(tag)}">${escaped(tag)}</h2>${own.map(operationHtml).join('')}</section>`
  })
  const errors = Object.entries(ERROR_CODES).map(
    ([code, meaning]) => `<tr id="${errorAnchor(code)}"><td><code>${code}</code></td><td>${prose(meaning)}</td></tr>`,
  )
  const schemas = Object.entries(document.components?.schemas ?? {}).map(
    ([name, schema]) =>
      `<details id="schema-${escaped(name)}"><summary><code>${escaped(name)}</code></summary><pre>${escaped(JSON.stringify(schema, null, 2))}</pre></details>`,
  )
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escaped(document.info.title)}</title>
<link rel="icon" href="/console/favicon.svg" type="image/svg+xml"><link rel="stylesheet" href="/docs/reference.css"></head>
<body>
<nav aria-label="Contents"><strong>${escaped(document.info.title)}</strong>${[...tags, 'Errors', 'Schemas'].map((tag) => `<a href="#${slug(tag)}">${escaped(tag)}</a>`).join('')}<a href="/v1/openapi.json">openapi.json</a></nav>
<main>
<h1>${escaped(document.info.title)}</h1>
${(document.info.description ?? '')
  .split('\n\n')
  .map((text) => `<p>${prose(text)}</p>`)
  .join('')}
${sections.join('\n')}
<section><h2 id="errors">Errors</h2><table>${errors.join('')}</table></section>
<section><h2 id="schemas">Schemas</h2>${schemas.join('')}</section>
</main>
</body>
</html>
`
}

type Operation = NonNullable<NonNullable<OpenApiDocument['paths']>[string]['get']>

function operationHtml({ path, method, operation }: { path: string; method: string; operation: Operation }): string {
  const permission: unknown = Reflect.get(operation, 'x-permission')
  const parameters = (operation.parameters ?? []).flatMap((parameter) => ('$ref' in parameter ? [] : [parameter]))
  const rows = parameters.map(
    (parameter) =>
      `<tr><td><code>${escaped(parameter.name)}</code></td><td>${escaped(parameter.in)}${parameter.required ? ', required' : ''}</td><td>${prose(parameter.description ?? '')}</td><td>${schemaHtml(parameter.schema)}</td></tr>`,
  )
  const body =
    operation.requestBody && 'content' in operation.requestBody ? schemaHtml(operation.requestBody.content['application/json']?.schema) : ''
  const responses = Object.entries(operation.responses ?? {}).map(([status, response]) => {
    const content = 'content' in response ? (response.content?.['application/json'] ?? response.content?.['application/problem+json']) : undefined
    return `<tr><td><code>${status}</code></td><td>${prose('description' in response ? (response.description ?? '') : '')}</td><td>${schemaHtml(content?.schema)}</td></tr>`
  })
  return `<details class="operation" id="${slug(`${method} ${path}`)}"><summary><span class="method ${method}">${method.toUpperCase()}</span><code>${escaped(path)}</code><span>${prose(operation.summary ?? '')}</span></summary>
${operation.description ? `<p>${prose(operation.description)}</p>` : ''}
<p class="needs">${operation.security ? (permission ? `Needs the permission <code>${escaped(String(permission))}</code>.` : 'Needs an access token.') : 'Needs no token.'}</p>
${rows.length > 0 ? `<h3>Parameters</h3><table>${rows.join('')}</table>` : ''}
${body ? `<h3>Body</h3>${body}` : ''}
<h3>Answers</h3><table>${responses.join('')}</table></details>`
}

/** A link to a named schema; the schema itself where it has no name. */
function schemaHtml(schema: unknown): string {
  if (typeof schema !== 'object' || schema === null) return ''
  const reference: unknown = Reflect.get(schema, '$ref')
  const name = typeof reference === 'string' ? reference.split('/').at(-1) : undefined
  if (name !== undefined) return `<a href="#schema-${escaped(name)}"><code>${escaped(name)}</code></a>`
  // The description has its own place beside the schema.
  const { description: _, ...rest }: { description?: unknown } = schema
  return `<code>${escaped(JSON.stringify(rest))}</code>`
}

const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
const escaped = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
const prose = (text: string): string => escaped(text).replace(/`([^`]+)`/g, '<code>$1</code>')

/** The console's colours and type, so that the reference reads as a part of it. */
export const REFERENCE_CSS = `:root{color-scheme:light dark;--page:light-dark(#f4f6f8,#0b1014);--panel:light-dark(#fff,#11171d);--line:light-dark(#dde3e8,#232c35);--text:light-dark(#16212b,#e6edf3);--muted:light-dark(#566573,#9aa8b5);--accent:light-dark(#0b6e6e,#45c4c0)}
*{box-sizing:border-box}
html{scroll-behavior:smooth;scroll-padding-top:1rem}
@media(prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--page);color:var(--text);font:14px/1.55 ui-sans-serif,system-ui,sans-serif;display:grid;grid-template-columns:14rem minmax(0,1fr)}
a{color:var(--accent);text-underline-offset:2px}
nav{position:sticky;top:0;height:100vh;overflow:auto;padding:1.25rem;background:var(--panel);border-right:1px solid var(--line);display:flex;flex-direction:column;gap:.1rem}
nav strong{margin-bottom:.75rem}
nav a{padding:.3rem .5rem;margin:0 -.5rem;border-radius:6px;color:inherit;text-decoration:none}
nav a:hover{background:var(--page);color:var(--accent)}
main{padding:1.5rem 2rem 4rem;max-width:72rem}
h1{margin:0 0 1rem;font-size:1.5rem}
h2{margin:2.5rem 0 .75rem;font-size:1.1rem}
h3{font-size:1em;margin:1rem 0 .25rem}
main>p{max-width:52rem}
details{background:var(--panel);border:1px solid var(--line);border-radius:8px;margin:.4rem 0;padding:.55rem .9rem}
details[open]>summary{margin-bottom:.5rem}
summary{cursor:pointer}
summary::marker{color:var(--muted)}
.operation>summary{display:grid;grid-template-columns:4.5rem minmax(14rem,24rem) 1fr;gap:.75rem;align-items:baseline}
.operation>summary span:last-child{color:var(--muted)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:4px}
code,pre{font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
pre{background:var(--page);border-radius:6px;padding:.75rem;overflow:auto}
table{border-collapse:collapse;width:100%}
td:first-child code{white-space:nowrap}
td{border-top:1px solid var(--line);padding:.4rem .75rem .4rem 0;vertical-align:top}
.method{font-weight:700;font-size:12px;letter-spacing:.03em}
.get{color:light-dark(#1f5fa8,#6cb2f5)}.post{color:light-dark(#22703c,#5dc27e)}.put,.patch{color:light-dark(#8a5300,#e0a64a)}.delete{color:light-dark(#b3182d,#f58491)}
.needs{color:var(--muted)}
@media(max-width:50rem){body{display:block}nav{position:static;height:auto;border:0}.operation>summary{display:block}.operation>summary>*{margin-right:.5rem}}
`
