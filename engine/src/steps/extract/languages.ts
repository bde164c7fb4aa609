/** Programming and configuration languages by the end of the file name. */
// biome-ignore format: one entry per line would be three screens
const BY_EXTENSION: Readonly<Record<string, string>> = {
  ada: 'ada', adb: 'ada', asm: 'assembly', s: 'assembly', awk: 'awk', bat: 'batch', cmd: 'batch', c: 'c', h: 'c', cc: 'cpp', cpp: 'cpp', cxx: 'cpp',
  hh: 'cpp', hpp: 'cpp', cs: 'csharp', clj: 'clojure', cljs: 'clojure', coffee: 'coffeescript', cr: 'crystal', css: 'css', cu: 'cuda', d: 'd', dart: 'dart',
  diff: 'diff', patch: 'diff', el: 'elisp', ex: 'elixir', exs: 'elixir', elm: 'elm', erl: 'erlang', f: 'fortran', f90: 'fortran', f95: 'fortran', fs: 'fsharp',
  fsx: 'fsharp', go: 'go', gradle: 'gradle', graphql: 'graphql', gql: 'graphql', groovy: 'groovy', hs: 'haskell', hcl: 'hcl', tf: 'hcl', ini: 'ini', cfg: 'ini',
  conf: 'ini', properties: 'ini', env: 'ini', toml: 'toml', java: 'java', js: 'javascript', cjs: 'javascript', mjs: 'javascript', jsx: 'javascript', jl: 'julia',
  kt: 'kotlin', kts: 'kotlin', less: 'less', lisp: 'lisp', lua: 'lua', m: 'objective-c', mm: 'objective-c', mk: 'makefile', ml: 'ocaml', mli: 'ocaml',
  nim: 'nim', nix: 'nix', pas: 'pascal', php: 'php', pl: 'perl', pm: 'perl', proto: 'protobuf', ps1: 'powershell', psm1: 'powershell', py: 'python',
  pyi: 'python', pyx: 'python', r: 'r', rb: 'ruby', rs: 'rust', scala: 'scala', scm: 'scheme', scss: 'scss', sass: 'sass', sh: 'shell', bash: 'shell',
  zsh: 'shell', fish: 'shell', sol: 'solidity', sql: 'sql', svelte: 'svelte', swift: 'swift', tcl: 'tcl', ts: 'typescript', cts: 'typescript', mts: 'typescript',
  tsx: 'typescript', v: 'verilog', sv: 'verilog', vb: 'visual-basic', vbs: 'visual-basic', bas: 'visual-basic', vhd: 'vhdl', vim: 'vim', vue: 'vue', wat: 'wasm',
  yaml: 'yaml', yml: 'yaml', zig: 'zig',
}
const BY_NAME: Readonly<Record<string, string>> = {
  dockerfile: 'dockerfile',
  containerfile: 'dockerfile',
  makefile: 'makefile',
  gnumakefile: 'makefile',
  jenkinsfile: 'groovy',
  'cmakelists.txt': 'cmake',
  gemfile: 'ruby',
  rakefile: 'ruby',
  vagrantfile: 'ruby',
}

/** The last part of a file name, in lower case. */
export function baseName(name: string): string {
  return (name.split(/[\\/]/).at(-1) ?? '').toLowerCase()
}

/** Without the dot, in lower case; empty when there is none. */
export function extensionOf(name: string): string {
  const base = baseName(name)
  const dot = base.lastIndexOf('.')
  return dot < 0 ? '' : base.slice(dot + 1)
}

export function languageOf(name: string): string | undefined {
  const base = baseName(name)
  if (Object.hasOwn(BY_NAME, base)) return BY_NAME[base]
  const extension = extensionOf(name)
  return Object.hasOwn(BY_EXTENSION, extension) ? BY_EXTENSION[extension] : undefined
}
