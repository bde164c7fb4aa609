/**
 * The two inner loops of dense search as a WebAssembly module, encoded here by hand: they consist of SIMD, which
 * JavaScript does not have.
 *
 * `scan`  scores the 2-bit code of every allowed position against an 8-bit query and keeps the best. The limit rises
 *         while it walks: a histogram of the kept scores tells when the lowest ones are no longer wanted.
 * `dots`  inner products of 8-bit codes with an 8-bit query, 16 at a time.
 *
 * A module is made for a length of code, so that the loop over a code is unrolled.
 */
export interface ScanKernel {
  /**
   * Positions are `slot * 128 + index`. `allowed` is a bitset by row, `blocks` tells the block (128 rows) of each slot.
   * A score is `(2 * dot - bias) * scale * factors[position]`, cut to an integer from -2048 to 2047, plus 2048.
   * Writes (position, score) pairs of 32-bit integers to `out`, room for every position, and the final limit after the
   * histogram: entries below it are to be skipped. `histogram` has BINS + 1 integers, zero before the call.
   * Returns the number of entries.
   */
  scan(
    slots: number,
    blocks: number,
    allowed: number,
    codes: number,
    factors: number,
    query: number,
    bias: number,
    scale: number,
    histogram: number,
    out: number,
    wanted: number,
  ): number
  /** For each listed position the inner product with the query, as 32-bit integers. `stride` is bytes per code, a multiple of 16. */
  dots(list: number, count: number, codes: number, query: number, stride: number, out: number): void
}

/** Steps in which `scan` tells scores apart. */
export const BINS = 4096
/** Components in 16 bytes of 2-bit codes. */
export const GROUP = 64

const [I32, F32, V128] = [0x7f, 0x7d, 0x7b]
const [BLOCK, LOOP, IF, END, BR, BR_IF, SELECT] = [0x02, 0x03, 0x04, 0x0b, 0x0c, 0x0d, 0x1b]
const VOID = 0x40
const [EQZ, GE_U, GE_S, GT_S, LT_S, LT_U] = [0x45, 0x4f, 0x4e, 0x4a, 0x48, 0x49]
const [ADD, SUB, MUL, AND, SHL, SHR_U, CTZ] = [0x6a, 0x6b, 0x6c, 0x71, 0x74, 0x76, 0x68]
const [MUL_F32, CONVERT, LOAD_F32] = [0x94, 0xb2, [0x2a, 2, 0]]

type Code = number | readonly Code[]
const get = (local: number): Code => [0x20, unsigned(local)]
const set = (local: number): Code => [0x21, unsigned(local)]
const tee = (local: number): Code => [0x22, unsigned(local)]
const constant = (value: number): Code => [0x41, signed(value)]
const load = (offset = 0): Code => [0x28, 2, unsigned(offset)]
const store = (offset = 0): Code => [0x36, 2, unsigned(offset)]
const simd = (op: number): Code => [0xfd, unsigned(op)]
const loadVector = (offset = 0): Code => [simd(0x00), 0, unsigned(offset)]
const increase = (local: number, by: number): Code => [get(local), constant(by), ADD, set(local)]
const [SPLAT_8, SPLAT_32, LANE, AND_V128, SHIFT_16, ADD_32, RELAXED_DOT] = [0x0f, 0x11, 0x1b, 0x4e, 0x8d, 0xae, 0x113]
const lanesOf = (local: number): Code => [0, 1, 2, 3].map((at) => [get(local), simd(LANE), at, at === 0 ? [] : ADD])
const TRUNCATE_F32: Code = [0xfc, 0] // saturating: never traps

function scanBody(groups: number): Code {
  const [slots, blocks, allowed, codes, factors, query, bias, scale, histogram, out, wanted] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
  const [slot, word, bits, position, score, limit, kept, cursor, base, bin, address] = [11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21]
  const [code, mask] = [22, 23]
  const sum = (index: number) => 24 + (index % 4) // four sums, so that no product waits for the one before
  const asked = (index: number) => 28 + index
  const parts = Array.from({ length: groups * 4 }, (_, index) => index)
  const binAt = (local: number): Code => [get(histogram), get(local), constant(2), SHL, ADD]
  /** Bits 2k and 2k+1 of a byte are component 16 k + (its place) of the group. */
  const dot: Code = parts.map((index) => [
    index % 4 === 0 ? [get(address), loadVector(index * 4), set(code)] : [],
    get(asked(index)),
    [get(code), index % 4 === 0 ? [] : [constant((index % 4) * 2), simd(SHIFT_16)], get(mask), simd(AND_V128)],
    index < 4 ? [constant(0), simd(SPLAT_32)] : get(sum(index)),
    [simd(RELAXED_DOT), set(sum(index))],
  ])
  const total: Code = [[get(sum(0)), get(sum(1)), simd(ADD_32), get(sum(2)), get(sum(3)), simd(ADD_32), simd(ADD_32), set(sum(0))], lanesOf(sum(0))]
  const clamp: Code = [
    [constant(0), get(score), get(score), constant(0), LT_S, SELECT, set(score)],
    [constant(BINS - 1), get(score), get(score), constant(BINS - 1), GT_S, SELECT, set(score)],
  ]
  const keep: Code = [
    [get(cursor), get(position), store()],
    [get(cursor), get(score), store(4)],
    increase(cursor, 8),
    [binAt(score), binAt(score), load(), constant(1), ADD, store()],
    increase(kept, 1),
    [LOOP, VOID, binAt(limit), load(), set(bin), get(kept), get(bin), SUB, get(wanted), GE_S],
    [IF, VOID, get(kept), get(bin), SUB, set(kept), increase(limit, 1), BR, 1, END, END],
  ]
  return [
    [2, 11, I32, unsigned(6 + groups * 4), V128],
    [get(out), set(cursor), constant(3), simd(SPLAT_8), set(mask)],
    parts.map((index) => [get(query), loadVector(index * 16), set(asked(index))]),
    [BLOCK, VOID, LOOP, VOID, get(slot), get(slots), GE_U, BR_IF, 1],
    [get(allowed), get(blocks), get(slot), constant(2), SHL, ADD, load(), constant(4), SHL, ADD, set(base)],
    [constant(0), set(word), LOOP, VOID],
    [get(base), get(word), constant(2), SHL, ADD, load(), set(bits)],
    [BLOCK, VOID, LOOP, VOID, get(bits), EQZ, BR_IF, 1],
    [get(slot), constant(7), SHL, get(word), constant(5), SHL, ADD, get(bits), CTZ, ADD, set(position)],
    [get(bits), get(bits), constant(1), SUB, AND, set(bits)],
    [get(codes), get(position), constant(groups * 16), MUL, ADD, set(address)],
    [dot, total, constant(1), SHL, get(bias), SUB, CONVERT, get(scale), MUL_F32],
    [get(factors), get(position), constant(2), SHL, ADD, LOAD_F32, MUL_F32, TRUNCATE_F32],
    [constant(BINS / 2), ADD, tee(score), get(limit), GE_S, IF, VOID, clamp, keep, END],
    [BR, 0, END, END],
    [increase(word, 1), get(word), constant(4), LT_U, BR_IF, 0, END],
    [increase(slot, 1), BR, 0, END, END],
    [get(histogram), get(limit), store(BINS * 4)],
    [get(cursor), get(out), SUB, constant(3), SHR_U, END],
  ]
}

function dotsBody(): Code {
  const [list, count, codes, query, stride, out] = [0, 1, 2, 3, 4, 5]
  const [index, offset, address, sum, row, asked] = [6, 7, 8, 9, 10, 11]
  const [mulLow, mulHigh, addPairs, addInts] = [0x9c, 0x9d, 0x7e, 0xae]
  return [
    [2, 3, I32, 3, V128],
    [BLOCK, VOID, LOOP, VOID, get(index), get(count), GE_U, BR_IF, 1],
    [get(codes), get(list), get(index), constant(2), SHL, ADD, load(), get(stride), MUL, ADD, set(address)],
    [constant(0), simd(SPLAT_32), set(sum), constant(0), set(offset), LOOP, VOID],
    [get(address), get(offset), ADD, loadVector(), set(row), get(query), get(offset), ADD, loadVector(), set(asked)],
    [get(sum), get(row), get(asked), simd(mulLow), simd(addPairs), simd(addInts)],
    [get(row), get(asked), simd(mulHigh), simd(addPairs), simd(addInts), set(sum)],
    [increase(offset, 16), get(offset), get(stride), LT_U, BR_IF, 0, END],
    [get(out), get(index), constant(2), SHL, ADD, lanesOf(sum), store()],
    [increase(index, 1), BR, 0, END, END, END],
  ]
}

function moduleBytes(groups: number): Uint8Array<ArrayBuffer> {
  const section = (id: number, content: Code): Code => [id, sized(content)]
  const name = (text: string): Code => sized([...new TextEncoder().encode(text)])
  const type = (parameters: readonly number[], results: readonly number[]): Code => [0x60, parameters.length, parameters, results.length, results]
  const integers = (count: number): number[] => Array.from({ length: count }, () => I32)
  return Uint8Array.from(
    flat([
      [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      section(1, [2, type([...integers(7), F32, ...integers(3)], [I32]), type(integers(6), [])]),
      section(2, [1, name('scan'), name('memory'), 2, 0, 1]),
      section(3, [2, 0, 1]),
      section(7, [2, name('scan'), 0, 0, name('dots'), 0, 1]),
      section(10, [2, sized(scanBody(groups)), sized(dotsBody())]),
    ]),
  )
}

function sized(content: Code): Code {
  const bytes = flat(content)
  return [unsigned(bytes.length), bytes]
}

function flat(code: Code): number[] {
  return typeof code === 'number' ? [code] : code.flatMap(flat)
}

function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)]
}

function signed(value: number): number[] {
  const low = value & 0x7f
  const rest = value >> 7
  const done = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)
  return done ? [low] : [low | 0x80, ...signed(rest)]
}

const modules = new Map<number, WebAssembly.Module>()

/** `groups` is the length of a 2-bit code in groups of 64 components, 1 to 64. */
export function scanKernel(groups: number, memory: WebAssembly.Memory): ScanKernel {
  const module = modules.get(groups) ?? new WebAssembly.Module(moduleBytes(groups))
  modules.set(groups, module)
  const { scan, dots } = new WebAssembly.Instance(module, { scan: { memory } }).exports
  if (typeof scan !== 'function' || typeof dots !== 'function') throw new TypeError('the scan kernel exports two functions')
  return { scan: scan as ScanKernel['scan'], dots: dots as ScanKernel['dots'] }
}
