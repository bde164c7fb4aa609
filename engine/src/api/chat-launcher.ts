/**
 * Puts a button into somebody's page that opens the chat in a frame. It stands in a shadow tree of its own with a constructed
 * style sheet: pages that forbid inline styles take it, and neither disturbs the other. It stores and sends nothing.
 */
export const CHAT_LAUNCHER = `(() => {
'use strict'
const self = document.currentScript
if (!self || !self.src) return
const source = new URL(self.src)
const address = source.origin + source.pathname.replace(/[.]js$/, '')
const style = new CSSStyleSheet()
style.replaceSync(
  ':host{all:initial;position:fixed;right:1rem;bottom:1rem;z-index:2147483000;color-scheme:light dark;font:16px system-ui,sans-serif}' +
  'button{font:600 1rem system-ui,sans-serif;color:#fff;background:#2f52c8;border:0;border-radius:2rem;padding:.85rem 1.25rem;cursor:pointer;box-shadow:0 4px 16px #0004}' +
  'button:hover{background:#26439f}button:focus-visible{outline:3px solid #2f52c8;outline-offset:3px}' +
  'iframe{display:none;position:absolute;right:0;bottom:4rem;width:min(24rem,calc(100vw - 2rem));height:min(38rem,calc(100vh - 7rem));border:1px solid #8886;border-radius:1rem;box-shadow:0 8px 32px #0005;background:Canvas}' +
  'iframe.open{display:block}' +
  '@media (max-width:480px){iframe.open{position:fixed;inset:0;width:100%;height:100%;border:0;border-radius:0}}' +
  '@media print{:host{display:none}}')
const host = document.createElement('div')
const root = host.attachShadow({ mode: 'closed' })
root.adoptedStyleSheets = [style]
const button = document.createElement('button')
button.type = 'button'
button.textContent = 'Ask a question'
button.setAttribute('aria-expanded', 'false')
let frame
function show(open) {
  if (open && !frame) {
    frame = document.createElement('iframe')
    frame.title = 'Chat'
    frame.referrerPolicy = 'no-referrer'
    frame.src = address
    root.append(frame)
  }
  frame.classList.toggle('open', open)
  button.setAttribute('aria-expanded', String(open))
  button.textContent = open ? 'Close the chat' : 'Ask a question'
  if (open) frame.focus()
  else button.focus()
}
button.addEventListener('click', () => show(!(frame && frame.classList.contains('open'))))
addEventListener('message', (event) => {
  if (frame && event.source === frame.contentWindow && event.origin === source.origin && event.data === 'quarry-close') show(false)
})
root.append(button)
const place = () => document.body.append(host)
if (document.body) place()
else addEventListener('DOMContentLoaded', place)
})()
`
