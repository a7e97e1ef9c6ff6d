import { Duplex } from 'node:stream';

/** What a stream can do, as a Node stream needs it. */
export interface DuplexSource {
  readonly read: () => Promise<Uint8Array | null>;
  readonly write: (bytes: Uint8Array) => Promise<void>;
  readonly end: () => Promise<void>;
  readonly reset: () => void;
}

/**
 * A Node stream over one of ours, which may still be opening: what is read and written meanwhile waits. It emits
 * `connect` when it is open, as a socket does.
 */
export const streamDuplex = (given: DuplexSource | Promise<DuplexSource>): Duplex => {
  const opening = Promise.resolve(given);
  let isReadToEnd = false;
  let isEnded = false;
  const duplex = new Duplex({
    allowHalfOpen: true,
    read: () => {
      opening
        .then((source) => source.read())
        .then(
          (bytes) => {
            isReadToEnd = bytes === null;
            duplex.push(bytes);
          },
          (error: Error) => duplex.destroy(error),
        );
    },
    write: (chunk: Uint8Array, _encoding, callback) => {
      opening.then((source) => source.write(chunk)).then(() => callback(), callback);
    },
    final: (callback) => {
      opening
        .then((source) => source.end())
        .then(() => {
          isEnded = true;
          callback();
        }, callback);
    },
    destroy: (error, callback) => {
      if (!isReadToEnd || !isEnded) opening.then((source) => source.reset()).catch(() => undefined);
      callback(error);
    },
  });
  opening.then(
    () => duplex.emit('connect'),
    (error: Error) => duplex.destroy(error),
  );
  return duplex;
};
