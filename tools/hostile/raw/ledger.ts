/** Bytes kept of one connection: more than any attack provokes an honest device to say. */
const MAX_BYTES_PER_SPEAKER = 1_000_000;

/** Everything an attacker has been told, byte for byte, each connection or packet source on its own. */
export interface Ledger {
  /** Opens a page for one connection; what is written to it stays in order. */
  page(): (bytes: Uint8Array) => void;
  readonly sizeBytes: number;
  /** Whether these bytes were said by anybody, in one piece. */
  holds(needle: Uint8Array): boolean;
}

export const ledger = (): Ledger => {
  const pages: Uint8Array[][] = [];
  const sizeOf = (page: readonly Uint8Array[]): number => page.reduce((sum, { length }) => sum + length, 0);
  return {
    page: () => {
      const page: Uint8Array[] = [];
      let sizeBytes = 0;
      return (bytes) => {
        if (bytes.length === 0 || sizeBytes > MAX_BYTES_PER_SPEAKER) return;
        // Pages of connections that said nothing are not kept.
        if (sizeBytes === 0) pages.push(page);
        sizeBytes += bytes.length;
        page.push(bytes);
      };
    },
    get sizeBytes() {
      return pages.reduce((sum, page) => sum + sizeOf(page), 0);
    },
    holds: (needle) => pages.some((page) => Buffer.concat(page).includes(Buffer.from(needle))),
  };
};
