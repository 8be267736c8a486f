/*
 * What takes the most time of a large radiograph, for a host without a C library: libdeflate's inflater for data that are there as a whole,
 * PNG's row filters, and the two loops of core's AreaReducer. Rows lie one behind the other in this memory; SLACK bytes behind what is
 * read may be read too, and are not looked at.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wasm_simd128.h>
#include "libdeflate.h"

#define EXPORT(name) __attribute__((export_name(name)))

EXPORT("allocate") void *allocate(size_t bytes) { return malloc(bytes); }
EXPORT("release") void release(void *at) { free(at); }

static uint32_t total(v128_t four)
{
  return wasm_i32x4_extract_lane(four, 0) + wasm_i32x4_extract_lane(four, 1) + wasm_i32x4_extract_lane(four, 2) + wasm_i32x4_extract_lane(four, 3);
}

/* The checksum of a zlib stream (RFC 1950, section 9) in place of libdeflate's: of 16 bytes b, their sum and 16·b₀ + 15·b₁ + … + b₁₅. */
uint32_t libdeflate_adler32(uint32_t adler, const void *buffer, size_t bytes)
{
  const uint8_t *at = buffer;
  uint32_t a = adler & 65535, b = adler >> 16;
  if (!at) return 1;
  const v128_t high = wasm_i16x8_const(16, 15, 14, 13, 12, 11, 10, 9), low = wasm_i16x8_const(8, 7, 6, 5, 4, 3, 2, 1);
  while (bytes >= 16) {
    /* 5,552 bytes are the most for which the sums stay below 2^32. */
    size_t n = bytes < 5552 ? bytes & ~(size_t)15 : 5552;
    v128_t sum = wasm_i64x2_const(0, 0), before = sum, weighted = sum;
    b += a * n;
    for (const uint8_t *end = at + n; at < end; at += 16) {
      v128_t of = wasm_v128_load(at);
      before = wasm_i32x4_add(before, sum);
      sum = wasm_i32x4_add(sum, wasm_u32x4_extadd_pairwise_u16x8(wasm_u16x8_extadd_pairwise_u8x16(of)));
      weighted = wasm_i32x4_add(weighted, wasm_i32x4_dot_i16x8(wasm_u16x8_extend_low_u8x16(of), high));
      weighted = wasm_i32x4_add(weighted, wasm_i32x4_dot_i16x8(wasm_u16x8_extend_high_u8x16(of), low));
    }
    weighted = wasm_i32x4_add(weighted, wasm_i32x4_shl(before, 4));
    a = (a + total(sum)) % 65521;
    b = (b + total(weighted)) % 65521;
    bytes -= n;
  }
  for (; bytes > 0; bytes--) b += a += *at++;
  return (b % 65521) << 16 | a % 65521;
}

/* A zlib stream. 1 if it is sound and gives exactly that many bytes. */
EXPORT("inflate") int inflate(const uint8_t *from, size_t bytes, uint8_t *to, size_t inflated)
{
  static struct libdeflate_decompressor *decompressor;
  if (!decompressor) decompressor = libdeflate_alloc_decompressor();
  if (!decompressor) return 0;
  return libdeflate_zlib_decompress(decompressor, from, bytes, to, inflated, NULL) == LIBDEFLATE_SUCCESS;
}

/* ---- Row filters (PNG specification, section 9.2). A pixel has `bpp` bytes, 8 at most, and is worked on as a whole. ---- */

static inline v128_t load_pixel(const uint8_t *at) { return wasm_v128_load64_zero(at); }

static inline void store_pixel(uint8_t *at, v128_t pixel, unsigned bpp)
{
  uint64_t bytes = wasm_i64x2_extract_lane(pixel, 0);
  memcpy(at, &bytes, bpp);
}

static void up(const uint8_t *row, const uint8_t *above, uint8_t *to, size_t bytes)
{
  for (size_t i = 0; i < bytes; i += 16)
    wasm_v128_store(to + i, wasm_i8x16_add(wasm_v128_load(row + i), wasm_v128_load(above + i)));
}

static inline void sub(const uint8_t *row, uint8_t *to, size_t bytes, unsigned bpp)
{
  v128_t left = wasm_i64x2_const(0, 0);
  for (size_t i = 0; i < bytes; i += bpp) {
    left = wasm_i8x16_add(load_pixel(row + i), left);
    store_pixel(to + i, left, bpp);
  }
}

/* The same for 16 bits a pixel, eight at a time: sums of 2, 4 and 8 neighbours, and the last one of the eight before. */
static void sub_words(const uint8_t *row, uint8_t *to, size_t bytes)
{
  const v128_t zero = wasm_i64x2_const(0, 0);
  v128_t before = zero;
  for (size_t i = 0; i < bytes; i += 16) {
    v128_t sum = wasm_v128_load(row + i);
    sum = wasm_i8x16_add(sum, wasm_i16x8_shuffle(zero, sum, 0, 8, 9, 10, 11, 12, 13, 14));
    sum = wasm_i8x16_add(sum, wasm_i16x8_shuffle(zero, sum, 0, 0, 8, 9, 10, 11, 12, 13));
    sum = wasm_i8x16_add(sum, wasm_i16x8_shuffle(zero, sum, 0, 0, 0, 0, 8, 9, 10, 11));
    sum = wasm_i8x16_add(sum, before);
    wasm_v128_store(to + i, sum);
    before = wasm_i16x8_shuffle(sum, sum, 7, 7, 7, 7, 7, 7, 7, 7);
  }
}

static inline void average(const uint8_t *row, const uint8_t *above, uint8_t *to, size_t bytes, unsigned bpp)
{
  const v128_t ones = wasm_i8x16_const_splat(1);
  v128_t left = wasm_i64x2_const(0, 0);
  for (size_t i = 0; i < bytes; i += bpp) {
    v128_t up = load_pixel(above + i);
    /* The rounded mean, less one where it was rounded up. */
    v128_t mean = wasm_i8x16_sub(wasm_u8x16_avgr(left, up), wasm_v128_and(wasm_v128_xor(left, up), ones));
    left = wasm_i8x16_add(load_pixel(row + i), mean);
    store_pixel(to + i, left, bpp);
  }
}

static inline void paeth(const uint8_t *row, const uint8_t *above, uint8_t *to, size_t bytes, unsigned bpp)
{
  v128_t left = wasm_i64x2_const(0, 0), up_left = left;
  const v128_t low = wasm_i16x8_const_splat(255);
  for (size_t i = 0; i < bytes; i += bpp) {
    v128_t up = wasm_u16x8_extend_low_u8x16(load_pixel(above + i));
    v128_t towards_left = wasm_i16x8_sub(up, up_left), towards_up = wasm_i16x8_sub(left, up_left);
    v128_t to_left = wasm_i16x8_abs(towards_left), to_up = wasm_i16x8_abs(towards_up);
    v128_t to_up_left = wasm_i16x8_abs(wasm_i16x8_add(towards_left, towards_up));
    v128_t least = wasm_i16x8_min(to_up_left, wasm_i16x8_min(to_left, to_up));
    v128_t nearest = wasm_v128_bitselect(up, up_left, wasm_i16x8_eq(least, to_up));
    nearest = wasm_v128_bitselect(left, nearest, wasm_i16x8_eq(least, to_left));
    left = wasm_v128_and(wasm_i16x8_add(wasm_u16x8_extend_low_u8x16(load_pixel(row + i)), nearest), low);
    store_pixel(to + i, wasm_u8x16_narrow_i16x8(left, left), bpp);
    up_left = up;
  }
}

/* Each loop once for every size of a pixel, so that stores have a fixed size. */
#define FOR_EACH_SIZE(call) \
  switch (bpp) { \
    case 1: call(1); break; \
    case 2: call(2); break; \
    case 3: call(3); break; \
    case 4: call(4); break; \
    case 6: call(6); break; \
    default: call(8); break; \
  }

static int unfilter_row(int filter, const uint8_t *row, const uint8_t *above, uint8_t *to, size_t bytes, unsigned bpp)
{
#define SUB(size) sub(row, to, bytes, size)
#define AVERAGE(size) average(row, above, to, bytes, size)
#define PAETH(size) paeth(row, above, to, bytes, size)
  switch (filter) {
    case 0: memmove(to, row, bytes); return 1;
    case 1:
      if (bpp == 2) sub_words(row, to, bytes);
      else FOR_EACH_SIZE(SUB)
      return 1;
    case 2: up(row, above, to, bytes); return 1;
    case 3: FOR_EACH_SIZE(AVERAGE) return 1;
    case 4: FOR_EACH_SIZE(PAETH) return 1;
    default: return 0;
  }
}

/* Big-endian words to little-endian ones. */
static void swap_words(uint8_t *row, size_t bytes)
{
  size_t i = 0;
  for (; i + 16 <= bytes; i += 16) {
    v128_t words = wasm_v128_load(row + i);
    words = wasm_i8x16_shuffle(words, words, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
    wasm_v128_store(row + i, words);
  }
  for (; i + 1 < bytes; i += 2) {
    uint8_t high = row[i];
    row[i] = row[i + 1];
    row[i + 1] = high;
  }
}

/*
 * Rows with their filter bytes to rows without, put one behind the other: `to` lies SLACK bytes or more before `from` and may be the same block.
 * `empty`: as many zeros as a row has bytes, and SLACK more. 0 where a filter does not exist.
 */
EXPORT("unfilter") int unfilter(const uint8_t *from, uint8_t *to, const uint8_t *empty, size_t bytes, size_t rows, unsigned bpp, int words)
{
  const uint8_t *above = empty;
  for (size_t y = 0; y < rows; y++, from += bytes + 1, to += bytes) {
    if (!unfilter_row(*from, from + 1, above, to, bytes, bpp)) return 0;
    /* A row is the one above of the next, so it waits. */
    if (words && y > 0) swap_words(to - bytes, bytes);
    above = to;
  }
  if (words && rows > 0) swap_words(to - bytes, bytes);
  return 1;
}

/* ---- The loops of AreaReducer, in the same order. ---- */

struct columns {
  unsigned count;
  const int32_t *first, *last;
  const double *first_weight, *last_weight;
  /* What the parts of a sum wait in: the whole pixels, the first and the last one. */
  int32_t *whole, *at_first, *at_last;
};

static uint8_t *take(uint8_t **at, size_t bytes)
{
  uint8_t *taken = *at;
  *at += (bytes + 15) & ~(size_t)15;
  return taken;
}

/* The weights, as the host wrote them: first, last, first weights, last weights, each padded to 16 bytes. */
EXPORT("columns_bytes") size_t columns_bytes(unsigned count)
{
  size_t words = ((size_t)count * 4 + 15) & ~(size_t)15, doubles = ((size_t)count * 8 + 15) & ~(size_t)15;
  return 5 * words + 2 * doubles;
}

static struct columns columns_at(uint8_t *at, unsigned count)
{
  struct columns c = { .count = count };
  c.first = (int32_t *)take(&at, count * 4);
  c.last = (int32_t *)take(&at, count * 4);
  c.first_weight = (double *)take(&at, count * 8);
  c.last_weight = (double *)take(&at, count * 8);
  c.whole = (int32_t *)take(&at, count * 4);
  c.at_first = (int32_t *)take(&at, count * 4);
  c.at_last = (int32_t *)take(&at, count * 4);
  return c;
}

static inline v128_t doubles(const int32_t *at) { return wasm_f64x2_convert_low_i32x4(wasm_v128_load64_zero(at)); }

/* Two columns at a time; `sums` has room for an even number. */
static void weigh(struct columns c, double *sums)
{
  for (unsigned i = 0; i < c.count; i += 2) {
    v128_t first = wasm_f64x2_mul(doubles(c.at_first + i), wasm_v128_load(c.first_weight + i));
    v128_t last = wasm_f64x2_mul(doubles(c.at_last + i), wasm_v128_load(c.last_weight + i));
    wasm_v128_store(sums + i, wasm_f64x2_add(first, wasm_f64x2_add(doubles(c.whole + i), last)));
  }
}

/* All ones in the first n of eight words, at MASKS + 8 − n, for n of −1 to 8. */
static const uint16_t MASKS[17] = { 65535, 65535, 65535, 65535, 65535, 65535, 65535, 65535 };

/* The sums across each of four vectors. */
static inline v128_t across(v128_t a, v128_t b, v128_t c, v128_t d)
{
  v128_t ab = wasm_i32x4_add(wasm_i32x4_shuffle(a, b, 0, 1, 4, 5), wasm_i32x4_shuffle(a, b, 2, 3, 6, 7));
  v128_t cd = wasm_i32x4_add(wasm_i32x4_shuffle(c, d, 0, 1, 4, 5), wasm_i32x4_shuffle(c, d, 2, 3, 6, 7));
  return wasm_i32x4_add(wasm_i32x4_shuffle(ab, cd, 0, 2, 4, 6), wasm_i32x4_shuffle(ab, cd, 1, 3, 5, 7));
}

/* Four columns at a time; those that fill up the last four have zeros for everything. */
#define SUM_SAMPLES(type, load_eight) \
  { \
    struct columns c = columns_at(at, count); \
    for (unsigned i = 0; i < count; i += 4) { \
      v128_t sums_of[4]; \
      for (unsigned k = 0; k < 4; k++) { \
        int32_t first = c.first[i + k], last = c.last[i + k], n = last - first - 1; \
        const type *p = row + first + 1; \
        c.at_first[i + k] = row[first]; \
        c.at_last[i + k] = row[last]; \
        v128_t sum = wasm_i64x2_const(0, 0); \
        for (; n > 8; n -= 8, p += 8) sum = wasm_i32x4_add(sum, wasm_u32x4_extadd_pairwise_u16x8(load_eight(p))); \
        v128_t rest = wasm_v128_and(load_eight(p), wasm_v128_load(MASKS + 8 - n)); \
        sums_of[k] = wasm_i32x4_add(sum, wasm_u32x4_extadd_pairwise_u16x8(rest)); \
      } \
      wasm_v128_store(c.whole + i, across(sums_of[0], sums_of[1], sums_of[2], sums_of[3])); \
    } \
    weigh(c, sums); \
  }

EXPORT("sum_words") void sum_words(const uint16_t *row, uint8_t *at, unsigned count, double *sums)
SUM_SAMPLES(uint16_t, wasm_v128_load)

EXPORT("sum_bytes") void sum_bytes(const uint8_t *row, uint8_t *at, unsigned count, double *sums)
SUM_SAMPLES(uint8_t, wasm_u16x8_load8x8)

/* What each sample of a row stands for. */
EXPORT("levels_of_words") void levels_of_words(const uint16_t *restrict row, const uint16_t *restrict levels, uint16_t *restrict to, unsigned width)
{
  for (unsigned x = 0; x < width; x++) to[x] = levels[row[x]];
}

EXPORT("levels_of_bytes") void levels_of_bytes(const uint8_t *restrict row, const uint16_t *restrict levels, uint16_t *restrict to, unsigned width)
{
  for (unsigned x = 0; x < width; x++) to[x] = levels[row[x]];
}

EXPORT("add_row") void add_row(double *restrict out, const double *restrict sums, unsigned count, double weight)
{
  for (unsigned i = 0; i < count; i++) out[i] = out[i] + sums[i] * weight;
}
