/**
 * Where MobileNetV2's first weights come from: the only copy of weights learnt on ImageNet that the npm registry has,
 * in a classifier of photographs which was fine-tuned from them. Its licence is MIT. 8 bits a weight.
 */
export const BACKBONE = {
  package: 'nsfwjs',
  version: '4.4.0',
  integrity:
    'sha512-krC1fgeTLXtZwgdpKJ0jm7hqv0gTSRQQRL+FhOaxaJ9Wj92t42BO3csO2odwgTAgZgf2RvkwPtp0R8Aa7dc+MA==',
  folder: 'dist/models/mobilenet_v2',
} as const
