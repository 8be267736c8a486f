/** ONNX Runtime's WebAssembly, precompiled with the Worker (rule CompiledWasm in wrangler.infer.toml). */
declare module 'onnxruntime-web/ort-wasm-simd-threaded.wasm' {
  const compiled: WebAssembly.Module
  export default compiled
}
