'use client'
import { useState } from 'react'
import { UI } from '../strings/ui.ts'
import { Button } from './button.tsx'

/** Copies `text`; where the browser has no clipboard (plain http on another host) it selects a hidden field instead. */
export function CopyButton({ text, label = UI.copy }: { readonly text: string; readonly label?: string }) {
  const [copied, setCopied] = useState(false)
  async function copy() {
    await copyText(text)
    setCopied(true)
    setTimeout(() => setCopied(false), 2000)
  }
  return (
    <Button small icon={copied ? 'check' : 'copy'} onClick={() => void copy()}>
      <span aria-live="polite">{copied ? UI.copied : label}</span>
    </Button>
  )
}

export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text)
  const field = document.createElement('textarea')
  field.value = text
  field.setAttribute('readonly', '')
  field.className = 'sr-only'
  document.body.append(field)
  field.select()
  document.execCommand('copy')
  field.remove()
}
