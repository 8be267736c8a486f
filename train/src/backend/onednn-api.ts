import koffi, { type LibraryHandle } from 'koffi'

/** An address or handle of the C side. */
export type Handle = bigint
type Status = number
type Out = [Handle | null]
type Bytes = Uint8Array

/**
 * The part of oneDNN 2.x's C API that training needs, by the names of its header `dnnl.h`.
 * Descriptors are opaque structs of a size that differs between minor versions: callers pass roomy zeroed buffers.
 */
export type OneDnn = {
  version: string
  /** OpenMP's threads for what this thread starts next; Debian's build links libgomp. */
  maxThreads(): number
  setThreads(count: number): void
  /** Asks the system for large pages, which it gives as they are touched. Not 0 where it refuses. */
  adviseHugePages(start: Handle, bytes: number): number
  engineCreate(out: Out, kind: number, index: number): Status
  streamCreate(out: Out, engine: Handle, flags: number): Status
  memoryDescInit(md: Bytes, rank: number, dims: BigInt64Array, type: number, tag: number): Status
  memoryDescSize(md: Handle): number | bigint
  /** Not 0 where both say the same. */
  memoryDescEqual(a: Handle, b: Handle): number
  convForwardInit(
    desc: Bytes,
    prop: number,
    alg: number,
    src: Bytes,
    weights: Bytes,
    bias: Bytes | null,
    dst: Bytes,
    strides: BigInt64Array,
    dilations: BigInt64Array,
    padLeft: BigInt64Array,
    padRight: BigInt64Array,
  ): Status
  convBackwardDataInit(
    desc: Bytes,
    alg: number,
    diffSrc: Bytes,
    weights: Bytes,
    diffDst: Bytes,
    strides: BigInt64Array,
    dilations: BigInt64Array,
    padLeft: BigInt64Array,
    padRight: BigInt64Array,
  ): Status
  convBackwardWeightsInit(
    desc: Bytes,
    alg: number,
    src: Bytes,
    diffWeights: Bytes,
    diffBias: Bytes | null,
    diffDst: Bytes,
    strides: BigInt64Array,
    dilations: BigInt64Array,
    padLeft: BigInt64Array,
    padRight: BigInt64Array,
  ): Status
  batchNormForwardInit(desc: Bytes, prop: number, data: Bytes, epsilon: number, flags: number): Status
  batchNormBackwardInit(
    desc: Bytes,
    prop: number,
    diffData: Bytes,
    data: Bytes,
    epsilon: number,
    flags: number,
  ): Status
  eltwiseForwardInit(desc: Bytes, prop: number, alg: number, data: Bytes, alpha: number, beta: number): Status
  eltwiseBackwardInit(
    desc: Bytes,
    alg: number,
    diffData: Bytes,
    data: Bytes,
    alpha: number,
    beta: number,
  ): Status
  binaryInit(desc: Bytes, alg: number, a: Bytes, b: Bytes, dst: Bytes): Status
  poolingForwardInit(
    desc: Bytes,
    prop: number,
    alg: number,
    src: Bytes,
    dst: Bytes,
    strides: BigInt64Array,
    window: BigInt64Array,
    padLeft: BigInt64Array,
    padRight: BigInt64Array,
  ): Status
  poolingBackwardInit(
    desc: Bytes,
    alg: number,
    diffSrc: Bytes,
    diffDst: Bytes,
    strides: BigInt64Array,
    window: BigInt64Array,
    padLeft: BigInt64Array,
    padRight: BigInt64Array,
  ): Status
  attributesCreate(out: Out): Status
  attributesSetPostOps(attributes: Handle, postOps: Handle): Status
  postOpsCreate(out: Out): Status
  postOpsEltwise(postOps: Handle, scale: number, alg: number, alpha: number, beta: number): Status
  postOpsBinary(postOps: Handle, alg: number, operand: Bytes): Status
  primitiveDescCreate(out: Out, desc: Bytes, attr: Handle, engine: Handle, hint: Handle): Status
  primitiveDescQueryMd(pd: Handle, what: number, index: number): Handle | number
  reorderDescCreate(
    out: Out,
    src: Handle,
    srcEngine: Handle,
    dst: Handle,
    dstEngine: Handle,
    attr: Handle,
  ): Status
  primitiveCreate(out: Out, pd: Handle): Status
  memoryCreate(out: Out, md: Handle, engine: Handle, data: Handle): Status
  memorySetData(memory: Handle, data: Handle): Status
  primitiveExecute(primitive: Handle, stream: Handle, count: number, args: Bytes): Status
  streamWait(stream: Handle): Status
  sgemm(
    transA: number,
    transB: number,
    M: number,
    N: number,
    K: number,
    alpha: number,
    A: Handle,
    lda: number,
    B: Handle,
    ldb: number,
    beta: number,
    C: Handle,
    ldc: number,
  ): Status
  /** The address of a buffer's first byte; valid while the buffer is referenced and not resized. */
  addressOf(buffer: Uint8Array): Handle
}

const MADV_HUGEPAGE = 14 // sys/mman.h of Linux

const WINDOW = 'int64_t* strides, int64_t* window, int64_t* pl, int64_t* pr'
const DIMS = 'int64_t* strides, int64_t* dilations, int64_t* pl, int64_t* pr'

/** Opens libdnnl.so.2. Throws where it is absent or of another major version. */
export function loadOneDnn(): OneDnn {
  // Spinning OpenMP workers would take a shared machine's cores between two kernels. Read when the library loads.
  process.env.OMP_WAIT_POLICY ??= 'passive'
  const lib = koffi.load('libdnnl.so.2')
  const libc = koffi.load('libc.so.6')
  const advise = libc.func('int madvise(uint64_t start, size_t bytes, int advice)')
  const copy = libc.func('uint64_t memcpy(void* d, void* s, size_t n)')
  const omp = koffi.load('libgomp.so.1')
  const none = new Uint8Array(8)
  const versionOf = lib.func('void* dnnl_version()')
  const v = koffi.decode(versionOf(), 'int[3]') as number[]
  if (v[0] !== 2) throw new Error(`libdnnl.so.2 says it is version ${v.join('.')}; supported: 2.x`)

  return {
    version: v.join('.'),
    maxThreads: omp.func('int omp_get_max_threads()'),
    setThreads: omp.func('void omp_set_num_threads(int count)'),
    adviseHugePages: (start, bytes) => advise(start, bytes, MADV_HUGEPAGE),
    engineCreate: lib.func('int dnnl_engine_create(_Out_ uint64_t* e, int kind, size_t index)'),
    streamCreate: lib.func('int dnnl_stream_create(_Out_ uint64_t* s, uint64_t e, uint flags)'),
    memoryDescInit: lib.func(
      'int dnnl_memory_desc_init_by_tag(void* md, int nd, int64_t* dims, int dt, int tag)',
    ),
    memoryDescSize: lib.func('size_t dnnl_memory_desc_get_size(uint64_t md)'),
    memoryDescEqual: lib.func('int dnnl_memory_desc_equal(uint64_t a, uint64_t b)'),
    ...descriptors(lib),
    attributesCreate: lib.func('int dnnl_primitive_attr_create(_Out_ uint64_t* attr)'),
    attributesSetPostOps: lib.func('int dnnl_primitive_attr_set_post_ops(uint64_t attr, uint64_t ops)'),
    postOpsCreate: lib.func('int dnnl_post_ops_create(_Out_ uint64_t* ops)'),
    postOpsEltwise: lib.func(
      'int dnnl_post_ops_append_eltwise(uint64_t ops, float scale, int alg, float alpha, float beta)',
    ),
    postOpsBinary: lib.func('int dnnl_post_ops_append_binary(uint64_t ops, int alg, void* md)'),
    primitiveDescCreate: lib.func(
      'int dnnl_primitive_desc_create(_Out_ uint64_t* pd, void* desc, uint64_t attr, uint64_t e, uint64_t hint)',
    ),
    primitiveDescQueryMd: lib.func('uint64_t dnnl_primitive_desc_query_md(uint64_t pd, int what, int index)'),
    reorderDescCreate: lib.func(
      'int dnnl_reorder_primitive_desc_create(_Out_ uint64_t* pd, uint64_t src, uint64_t se, uint64_t dst, uint64_t de, uint64_t attr)',
    ),
    primitiveCreate: lib.func('int dnnl_primitive_create(_Out_ uint64_t* p, uint64_t pd)'),
    memoryCreate: lib.func(
      'int dnnl_memory_create(_Out_ uint64_t* m, uint64_t md, uint64_t e, uint64_t data)',
    ),
    memorySetData: lib.func('int dnnl_memory_set_data_handle(uint64_t m, uint64_t data)'),
    primitiveExecute: lib.func('int dnnl_primitive_execute(uint64_t p, uint64_t s, int n, void* args)'),
    streamWait: lib.func('int dnnl_stream_wait(uint64_t s)'),
    sgemm: lib.func(
      'int dnnl_sgemm(char ta, char tb, int64_t M, int64_t N, int64_t K, float alpha, uint64_t A, int64_t lda, uint64_t B, int64_t ldb, float beta, uint64_t C, int64_t ldc)',
    ),
    addressOf: (buffer) => BigInt(copy(buffer, none, 0)),
  }
}

/** What fills in the descriptor of an operation. */
function descriptors(lib: LibraryHandle) {
  return {
    convForwardInit: lib.func(
      `int dnnl_dilated_convolution_forward_desc_init(void* d, int prop, int alg, void* src, void* wei, void* bias, void* dst, ${DIMS})`,
    ),
    convBackwardDataInit: lib.func(
      `int dnnl_dilated_convolution_backward_data_desc_init(void* d, int alg, void* dsrc, void* wei, void* ddst, ${DIMS})`,
    ),
    convBackwardWeightsInit: lib.func(
      `int dnnl_dilated_convolution_backward_weights_desc_init(void* d, int alg, void* src, void* dwei, void* dbias, void* ddst, ${DIMS})`,
    ),
    batchNormForwardInit: lib.func(
      'int dnnl_batch_normalization_forward_desc_init(void* d, int prop, void* data, float epsilon, uint flags)',
    ),
    batchNormBackwardInit: lib.func(
      'int dnnl_batch_normalization_backward_desc_init(void* d, int prop, void* diff, void* data, float epsilon, uint flags)',
    ),
    eltwiseForwardInit: lib.func(
      'int dnnl_eltwise_forward_desc_init(void* d, int prop, int alg, void* data, float alpha, float beta)',
    ),
    eltwiseBackwardInit: lib.func(
      'int dnnl_eltwise_backward_desc_init(void* d, int alg, void* diff, void* data, float alpha, float beta)',
    ),
    binaryInit: lib.func('int dnnl_binary_desc_init(void* d, int alg, void* a, void* b, void* dst)'),
    poolingForwardInit: lib.func(
      `int dnnl_pooling_forward_desc_init(void* d, int prop, int alg, void* src, void* dst, ${WINDOW})`,
    ),
    poolingBackwardInit: lib.func(
      `int dnnl_pooling_backward_desc_init(void* d, int alg, void* dsrc, void* ddst, ${WINDOW})`,
    ),
  }
}
