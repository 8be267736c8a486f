/** Cornerstone's packages have no types: an Emscripten factory, and its WebAssembly as a CompiledWasm module. */
declare module '@cornerstonejs/*/decodewasmjs' {
  const factory: import('./heap-codec.ts').EmscriptenFactory
  export default factory
}
declare module '@cornerstonejs/*/wasmjs' {
  const factory: import('./heap-codec.ts').EmscriptenFactory
  export default factory
}
declare module '@detl/codecs/libjpeg-turbo.wasm' {
  const module: WebAssembly.Module
  export default module
}
declare module '@detl/codecs/raster.wasm' {
  const module: WebAssembly.Module
  export default module
}
declare module '@cornerstonejs/*/decodewasm' {
  const module: WebAssembly.Module
  export default module
}
declare module '@cornerstonejs/*/wasm' {
  const module: WebAssembly.Module
  export default module
}
