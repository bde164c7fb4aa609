import type { ReactNode } from 'react'
import { Gate } from '../../screens/shell/gate.tsx'

export default function Layout({ children }: { readonly children: ReactNode }) {
  return <Gate>{children}</Gate>
}
