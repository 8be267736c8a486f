/*
 * libjpeg-turbo's decoder for a host without a C library: a file in memory in, a frame of grey or RGB samples out.
 * An error, or a warning that says data are missing or wrong, calls the import `fail`, which throws and does not return:
 * the instance is then to be thrown away. Written for version 2.1.5.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include "jpeglib.h"
#include "jerror.h"

#define ROWS 16
#define EXPORT(name) __attribute__((export_name(name)))

__attribute__((import_module("host"), import_name("fail"), noreturn)) void host_fail(const char *message);

/* libjpeg's messages, with their %d as they are. */
#define JCOPYRIGHT_SHORT ""
#define JVERSION ""
#define JMESSAGE(code, string) string,
static const char *const messages[] = {
#include "jerror.h"
  NULL
};

static struct jpeg_decompress_struct decoder;
static struct jpeg_error_mgr errors;
static struct jpeg_source_mgr source;

static void fail(j_common_ptr cinfo) { host_fail(messages[cinfo->err->msg_code]); }

/* Level −1 is a warning: libjpeg would make something up. Bytes between two markers harm nothing. */
static void emit(j_common_ptr cinfo, int level)
{
  if (level < 0 && cinfo->err->msg_code != JWRN_EXTRANEOUS_DATA) fail(cinfo);
}

static void nothing(j_common_ptr cinfo) {}
static void no_work(j_decompress_ptr cinfo) {}

static boolean fill(j_decompress_ptr cinfo)
{
  ERREXIT(cinfo, JERR_INPUT_EOF);
  return FALSE;
}

static void skip(j_decompress_ptr cinfo, long count)
{
  if (count <= 0) return;
  if ((size_t)count > cinfo->src->bytes_in_buffer) fill(cinfo);
  cinfo->src->next_input_byte += count;
  cinfo->src->bytes_in_buffer -= count;
}

/* Adobe stores CMYK inverted: 255 is no ink. */
static void to_rgb(const uint8_t *cmyk, uint8_t *rgb, unsigned pixels)
{
  for (unsigned i = 0; i < pixels; i++, cmyk += 4, rgb += 3)
    for (int c = 0; c < 3; c++) rgb[c] = (2 * cmyk[c] * cmyk[3] + 255) / 510;
}

static void *allocated(size_t bytes)
{
  void *at = malloc(bytes);
  if (!at) host_fail("out of memory");
  return at;
}

EXPORT("allocate") void *allocate(size_t bytes) { return allocated(bytes); }
EXPORT("release") void release(void *at) { free(at); }

/*
 * Decodes a whole file, each side divided by 2^halvings (0 to 3) and rounded up: a block of 8 × 8 coefficients then gives
 * 4 × 4, 2 × 2 or 1 × 1 samples. Returns the samples, row-major, interleaved, for `release`.
 */
EXPORT("decode") uint8_t *decode(const uint8_t *file, size_t bytes, int halvings)
{
  errors.error_exit = fail;
  errors.emit_message = emit;
  errors.output_message = nothing;
  errors.reset_error_mgr = nothing;
  decoder.err = &errors;
  jpeg_create_decompress(&decoder);
  source.next_input_byte = file;
  source.bytes_in_buffer = bytes;
  source.init_source = no_work;
  source.fill_input_buffer = fill;
  source.skip_input_data = skip;
  source.resync_to_restart = jpeg_resync_to_restart;
  source.term_source = no_work;
  decoder.src = &source;
  jpeg_read_header(&decoder, TRUE);
  int inks = decoder.num_components == 4;
  if (inks && !decoder.saw_Adobe_marker) host_fail("four components without an Adobe marker");
  decoder.out_color_space = inks ? JCS_CMYK : decoder.num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
  decoder.dct_method = JDCT_ISLOW;
  decoder.scale_num = 8 >> halvings;
  decoder.scale_denom = 8;
  jpeg_start_decompress(&decoder);

  unsigned width = decoder.output_width;
  size_t stride = (size_t)width * (inks ? 3 : decoder.output_components);
  uint8_t *frame = allocated(stride * decoder.output_height);
  uint8_t *cmyk = inks ? allocated((size_t)width * 4 * ROWS) : NULL;
  JSAMPROW rows[ROWS];
  for (unsigned y = 0; y < decoder.output_height;) {
    unsigned count = decoder.output_height - y < ROWS ? decoder.output_height - y : ROWS;
    for (unsigned i = 0; i < count; i++) rows[i] = inks ? cmyk + (size_t)i * width * 4 : frame + (y + i) * stride;
    unsigned read = jpeg_read_scanlines(&decoder, rows, count);
    for (unsigned i = 0; inks && i < read; i++) to_rgb(rows[i], frame + (y + i) * stride, width);
    y += read;
  }
  free(cmyk);
  jpeg_finish_decompress(&decoder);
  jpeg_destroy_decompress(&decoder);
  return frame;
}

/* Of the frame that was decoded last. */
EXPORT("width") unsigned width(void) { return decoder.output_width; }
EXPORT("height") unsigned height(void) { return decoder.output_height; }
EXPORT("components") int components(void) { return decoder.num_components == 1 ? 1 : 3; }
