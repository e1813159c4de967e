// Runs before the first paint, so that a dark screen never flashes white. Kept apart from the bundle: the content policy allows no inline script.
;(() => {
  let choice = 'system'
  try {
    choice = localStorage.getItem('picket.theme') ?? 'system'
  } catch {
    // Storage is blocked: follow the system.
  }
  const dark = choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
})()
