// Runs before anything else of a page. What loads the app's own files goes through one policy: text never becomes markup
// or script, and no script comes from elsewhere. Then the colours, before the first paint; in step with lib/theme.ts.
if (window.trustedTypes) {
  trustedTypes.createPolicy('default', {
    createScriptURL(url) {
      return new URL(url, location.href).origin === location.origin ? url : null
    },
  })
}
let theme = null
try {
  theme = localStorage.getItem('quarry-theme')
} catch {
  // storage may be closed to frames
}
const isDark = theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
document.documentElement.classList.toggle('dark', isDark)
