/** A `.pt` file that OpenAI published. */
export interface Checkpoint {
  readonly name: string;
  readonly sizeBytes: number;
  /** Lower-case hexadecimal; it is part of the address that the file is published at. */
  readonly sha256: string;
}

/** The table of addresses in openai/whisper's `whisper/__init__.py`, and the sizes of the files. */
export const checkpoints: readonly Checkpoint[] = [
  {
    name: 'tiny.en',
    sizeBytes: 75_571_315,
    sha256: 'd3dd57d32accea0b295c96e26691aa14d8822fac7d9d27d5dc00b4ca2826dd03',
  },
  { name: 'tiny', sizeBytes: 75_572_083, sha256: '65147644a518d12f04e32d6f3b26facc3f8dd46e5390956a9424a650c0ce22b9' },
  {
    name: 'base.en',
    sizeBytes: 145_261_783,
    sha256: '25a8566e1d0c1e2231d1c762132cd20e0f96a85d16145c3a00adf5d1ac670ead',
  },
  { name: 'base', sizeBytes: 145_262_807, sha256: 'ed3a0b6b1c0edf879ad9b11b1af5a0e6ab5db9205f891f668f8b0e6c6326e34e' },
  {
    name: 'small.en',
    sizeBytes: 483_615_683,
    sha256: 'f953ad0fd29cacd07d5a9eda5624af0f6bcf2258be67c92b79389873d91e0872',
  },
  { name: 'small', sizeBytes: 483_617_219, sha256: '9ecf779972d90ba49c06d968637d720dd632c55bbf19d441fb42bf17a411e794' },
  {
    name: 'medium.en',
    sizeBytes: 1_528_006_491,
    sha256: 'd7440d1dc186f76616474e0ff0b3b6b879abc9d1a4926b7adfa41db2d497ab4f',
  },
  {
    name: 'medium',
    sizeBytes: 1_528_008_539,
    sha256: '345ae4da62f9b3d59415adc60127b97c714f32e89e936602e85993674d08dcb1',
  },
  {
    name: 'large-v1',
    sizeBytes: 3_086_999_982,
    sha256: 'e4b87e7e0bf463eb8e6956e646f1e277e901512310def2c24bf0e11bd3c28e9a',
  },
  {
    name: 'large-v2',
    sizeBytes: 3_086_999_982,
    sha256: '81f7c96c852ee8fc832187b0132e569d6c3065a3252ed18e56effd0b6a73e524',
  },
  {
    name: 'large-v3',
    sizeBytes: 3_087_371_615,
    sha256: 'e5b1a55b89c1367dacf97e3e19bfd829a01529dbfdeefa8caeb59b3f1b81dadb',
  },
  {
    name: 'large-v3-turbo',
    sizeBytes: 1_617_941_637,
    sha256: 'aff26ae408abcba5fbf8813c21e62b0941638c5f6eebfb145be0c9839262a19a',
  },
];
