/** What {@link lineSplitter} tells. */
export interface LineSplitterListener {
  onLine(line: string): void;
  /** A line grew beyond the bound; the rest of it, up to its end, is dropped. */
  onOverlongLine(): void;
}

const LINE_FEED = 0x0a;

/**
 * Cuts a stream of UTF-8 bytes into lines, holding at most `maxLineBytes` of an unfinished one.
 * Bytes that are no UTF-8 become U+FFFD; what follows decides whether the line still makes sense.
 */
export const lineSplitter = (
  maxLineBytes: number,
  listener: LineSplitterListener,
): { readonly push: (chunk: Uint8Array) => void } => {
  let parts: Uint8Array[] = [];
  let heldBytes = 0;
  let isSkipping = false;

  const hold = (part: Uint8Array): void => {
    if (isSkipping || part.length === 0) return;
    if (heldBytes + part.length > maxLineBytes) {
      isSkipping = true;
      parts = [];
      heldBytes = 0;
      listener.onOverlongLine();
      return;
    }
    parts.push(part);
    heldBytes += part.length;
  };
  const finish = (): void => {
    const line = isSkipping ? '' : Buffer.concat(parts, heldBytes).toString('utf8').trim();
    parts = [];
    heldBytes = 0;
    isSkipping = false;
    if (line !== '') listener.onLine(line);
  };
  return {
    push: (chunk) => {
      let start = 0;
      for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
        hold(chunk.subarray(start, end));
        finish();
        start = end + 1;
      }
      hold(chunk.subarray(start));
    },
  };
};
