/** The console's own path to go to after sign-in, without its prefix. Anything that could lead out of the console becomes the dashboard. */
export function safeNext(next: string | undefined): string {
  const path = next?.replace(/^\/console(?=\/)/, '')
  return path?.startsWith('/') && !path.startsWith('//') && !path.includes('\\') ? path : '/dashboard'
}
