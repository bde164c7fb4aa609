// A CloudFront Function (viewer request, runtime 2.0) for the export behind CloudFront: pages of one thing are built once,
// with "_" in place of its id. The engine does the same by looking at the files (engine/src/server/web-files.ts), and one
// test holds both to the same addresses.

// Places of ids, from the pages of the export.
const PLACES = [
  [/^\/databases\/(?!new(?:\/|$))[^/]+(\/documents\/)[^/]+(?=\/|$)/, '/databases/_$1_'],
  [/^\/databases\/(?!new(?:\/|$))[^/.]+(?=\/|$)/, '/databases/_'],
  [/^\/chat\/[^/.]+(?=\/|$)/, '/chat/_'],
  [/^\/embed\/[^/.]+(?=\/|$)/, '/embed/_'],
]

// biome-ignore lint/correctness/noUnusedVariables: CloudFront calls it by this name
function handler(event) {
  const request = event.request
  // It would be sent on to another host.
  if (request.uri.startsWith('//') || request.uri.indexOf('\\') !== -1) return { statusCode: 404, statusDescription: 'Not Found' }
  let path = request.uri
  for (const [place, page] of PLACES) {
    if (place.test(path)) {
      path = path.replace(place, page)
      break
    }
  }
  const last = path.slice(path.lastIndexOf('/') + 1)
  if (last === '') path += 'index.html'
  else if (last.indexOf('.') === -1 && !path.startsWith('/_next/')) {
    return { statusCode: 308, statusDescription: 'Permanent Redirect', headers: { location: { value: request.uri + '/' + queryOf(request.querystring) } } }
  }
  request.uri = path
  return request
}

function queryOf(parts) {
  const pairs = Object.keys(parts || {}).map((name) => name + '=' + parts[name].value)
  return pairs.length === 0 ? '' : '?' + pairs.join('&')
}
