/**
 * Where the key that protects the store's own key comes from. The store asks once, when it opens; what is sealed under
 * this key is 32 bytes, so changing the source means sealing those anew and nothing else.
 */
export interface KeySource {
  /** Told in the log and kept in the store. */
  readonly kind: 'key-file';
  /** Names the place for a person, e.g. the path of the file. */
  readonly location: string;
  /** 32 bytes, or `undefined` when the source holds no key. */
  load(): Uint8Array | undefined;
  /** Keeps a fresh key, durably. Only called when `load` found none. */
  create(key: Uint8Array): void;
}
