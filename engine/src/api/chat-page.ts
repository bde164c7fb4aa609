import { CHAT_SCRIPT } from './chat-script.ts'

export const CHAT_STYLE = `
:root{color-scheme:light dark;--page:light-dark(#fff,#16181d);--raised:light-dark(#f4f5f8,#20242c);--line:light-dark(#d9dce3,#363c48);--text:light-dark(#1b1e25,#e8eaf0);--dim:light-dark(#596070,#a4acbb);--accent:light-dark(#2f52c8,#9db2ff);--on-accent:light-dark(#fff,#10131c);--good:light-dark(#186a3b,#7fd6a3);--fair:light-dark(#8a5a00,#f0c274);--bad:light-dark(#a8231d,#ff9d96)}
*{box-sizing:border-box}
html,body{height:100%}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;display:flex;flex-direction:column;height:100dvh;overflow-wrap:anywhere}
header,main,footer{width:100%}
.wide{max-width:46rem;margin:0 auto;padding:0 1rem;width:100%}
header{border-bottom:1px solid var(--line)}
header .wide{display:flex;align-items:center;gap:.35rem;padding-top:.6rem;padding-bottom:.6rem}
h1{font-size:1.05rem;line-height:1.3;margin:0;flex:1;min-width:0;display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical;overflow:hidden}
button{font:inherit;color:inherit;background:none;border:1px solid transparent;border-radius:.5rem;padding:.3rem .65rem;cursor:pointer;white-space:nowrap}
button:hover{background:var(--raised)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
header button{color:var(--dim);font-size:.92rem}
main{flex:1;overflow-y:auto;overscroll-behavior:contain}
main .wide{display:flex;flex-direction:column;gap:1.1rem;padding-top:1.25rem;padding-bottom:1.25rem;min-height:100%}
p{margin:0;white-space:pre-wrap}
.greeting{color:var(--dim);margin:auto;text-align:center;max-width:30rem;font-size:1.05rem;padding:1rem 0}
.question{align-self:flex-end;max-width:85%;background:var(--raised);border-radius:1rem 1rem .25rem 1rem;padding:.55rem .9rem}
.answer{display:flex;flex-direction:column;gap:.6rem}
.answer[aria-busy=true] p::after{content:"";display:inline-block;width:.5em;height:1em;margin-left:.15em;vertical-align:-.12em;background:var(--accent);border-radius:.1em;animation:blink 1s steps(2) infinite}
@keyframes blink{50%{opacity:0}}
@media (prefers-reduced-motion:reduce){.answer[aria-busy=true] p::after{animation:none}}
.cite{font-size:.75rem;line-height:1;min-width:1.6rem;padding:.25rem .4rem;margin:0 .1rem;border-color:var(--line);border-radius:1rem;color:var(--accent);vertical-align:.12em;font-weight:600}
.cite[aria-expanded=true]{background:var(--accent);color:var(--on-accent);border-color:var(--accent)}
.source{border:1px solid var(--line);border-radius:.7rem;padding:.7rem .9rem;background:var(--raised);display:flex;flex-direction:column;gap:.4rem;font-size:.93rem}
.source blockquote{margin:0;padding-left:.75rem;border-left:3px solid var(--line);white-space:pre-wrap;max-height:14rem;overflow-y:auto}
.source .where{font-weight:600}
.dim{color:var(--dim);font-size:.87rem}
.verdict{font-size:.87rem;font-weight:600}
.verified{color:var(--good)}.weak{color:var(--fair)}.unsupported{color:var(--bad)}
.source button{align-self:flex-start;border-color:var(--line);font-size:.87rem}
.fault{color:var(--bad)}
footer{border-top:1px solid var(--line);padding-bottom:env(safe-area-inset-bottom)}
form{display:flex;gap:.5rem;align-items:flex-end;padding:.7rem 0 .3rem}
textarea{font:inherit;color:inherit;background:var(--raised);border:1px solid var(--line);border-radius:.8rem;padding:.55rem .8rem;flex:1;min-width:0;resize:none;max-height:9rem;min-height:2.75rem;field-sizing:content}
textarea::placeholder{color:var(--dim);opacity:1}
.main{background:var(--accent);color:var(--on-accent);font-weight:600;min-height:2.75rem;padding:.3rem 1rem;border-radius:.8rem}
.main:hover{background:var(--accent);filter:brightness(1.08)}
.main:disabled{opacity:.45;cursor:default}
.note{padding:0 0 .6rem;font-size:.8rem;color:var(--dim);text-align:center}
dialog{border:1px solid var(--line);border-radius:.9rem;background:var(--page);color:var(--text);padding:1.1rem;width:min(34rem,calc(100vw - 2rem));max-height:80dvh;overflow-y:auto}
dialog::backdrop{background:#0008}
dialog h2{font-size:1.05rem;margin:0 0 .7rem}
dialog .row{display:flex;gap:.5rem;justify-content:flex-end;flex-wrap:wrap;margin-top:1rem}
dialog .row button{border-color:var(--line)}
dialog .row .danger{color:var(--bad);margin-right:auto}
ul{list-style:none;margin:0;padding:0}
li{display:flex;align-items:center;border-bottom:1px solid var(--line)}
li button:first-child{flex:1;min-width:0;text-align:left;white-space:normal}
li .dim{display:block}
mark{background:light-dark(#ffe9a8,#5a4a12);color:inherit;border-radius:.2em}
#text{white-space:pre-wrap;font-size:.93rem}
@media (pointer:coarse){.cite{min-width:1.9rem;padding:.45rem .5rem}}
[hidden]{display:none!important}
`

/** The chat of visitors. Nothing of a chat stands in it: the script fetches title, greeting and answers, and sets them as text. */
export const CHAT_PAGE = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex"><title>Chat</title><style>${CHAT_STYLE}</style></head><body>
<header><div class="wide"><h1 id="title" dir="auto">Chat</h1><button id="new" type="button" hidden>New</button><button id="earlier" type="button" hidden aria-haspopup="dialog">Earlier</button><button id="close" type="button" hidden aria-label="Close the chat">✕</button></div></header>
<main id="scroll" tabindex="0" aria-label="Conversation"><div class="wide" id="log" role="log" aria-live="polite"><p class="greeting" id="greeting" dir="auto"></p></div></main>
<footer><div class="wide"><form id="form"><textarea id="question" rows="1" maxlength="4000" placeholder="Ask a question" aria-label="Your question" dir="auto" autocomplete="off"></textarea><button id="send" type="submit" class="main" disabled>Ask</button><button id="stop" type="button" class="main" hidden>Stop</button></form>
<p class="note">Answers come from documents and may be wrong: check the numbered quotes.</p></div></footer>
<dialog id="list" aria-labelledby="list-title"><h2 id="list-title">Earlier conversations</h2><ul id="conversations"></ul><p id="list-note" class="dim"></p><div class="row"><button type="button" class="danger" id="forget">Delete my data</button><button type="button" id="list-close">Close</button></div></dialog>
<dialog id="sure" aria-labelledby="sure-title"><h2 id="sure-title">Delete your data?</h2><p>All your conversations here are deleted at once. This cannot be undone.</p><div class="row"><button type="button" class="danger" id="sure-yes">Delete everything</button><button type="button" id="sure-no">Keep</button></div></dialog>
<dialog id="document" aria-labelledby="document-title"><h2 id="document-title" dir="auto"></h2><p id="text" dir="auto"></p><div class="row"><button type="button" id="document-close">Close</button></div></dialog>
<noscript>This chat needs scripts.</noscript>
<script>${CHAT_SCRIPT}</script></body></html>`
