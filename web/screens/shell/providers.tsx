'use client'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { isWorthRetrying } from '../../lib/api.ts'
import { ToastProvider } from '../../ui/toasts.tsx'

const FRESH_MS = 5000

export function Providers({ children }: { readonly children: ReactNode }) {
  const [queries] = useState(
    () =>
      new QueryClient({
        defaultOptions: { queries: { staleTime: FRESH_MS, retry: isWorthRetrying, networkMode: 'always' }, mutations: { retry: false, networkMode: 'always' } },
      }),
  )
  return (
    <QueryClientProvider client={queries}>
      <ToastProvider>{children}</ToastProvider>
    </QueryClientProvider>
  )
}
