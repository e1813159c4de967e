import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { createRoot } from 'react-dom/client'
import { createQueryClient } from './api/queries.ts'
import { onSessionEnd, scheduleRenewal } from './api/session.ts'
import { ThemeProvider } from './components/theme.tsx'
import { ToastProvider } from './components/toasts.tsx'
import { createConsoleRouter } from './router.tsx'

const queries = createQueryClient()
const router = createConsoleRouter()

onSessionEnd((why) => {
  // Nothing of the old session may be painted for the next one.
  queries.clear()
  const next = router.state.location.href
  void router.navigate({ to: '/sign-in', search: why === 'expired' ? { next, why } : {} })
})
scheduleRenewal()

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')
createRoot(root).render(
  <ThemeProvider>
    <QueryClientProvider client={queries}>
      <ToastProvider>
        <RouterProvider router={router} />
      </ToastProvider>
    </QueryClientProvider>
  </ThemeProvider>,
)
