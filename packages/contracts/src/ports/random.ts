/** Where randomness comes from: the operating system's generator in production, a seeded one in tests. */
export interface Random {
  /** `sizeBytes` fresh bytes, fit for keys when the source is the operating system's. */
  bytes(sizeBytes: number): Uint8Array<ArrayBuffer>;
  /** A number from 0 (included) to 1 (excluded), for jitter only. */
  ratio(): number;
}
