import type { ByteCount } from '@bowline/contracts';

/** What iroh counts of a connection, or of one of its paths. */
interface NativeBytes {
  readonly udpTxBytes: number;
  readonly udpRxBytes: number;
}

/** One path, as far as its bytes go. */
interface NativePathBytes {
  readonly id: string;
  readonly isRelay: boolean;
  readonly stats: NativeBytes;
}

/** What a connection has carried on paths that lead through no relay. */
export interface DirectBytes {
  /** The paths there are, whenever they are read: what one has carried is known no more when it is gone. */
  notePaths(paths: readonly NativePathBytes[]): void;
  /** @param whole what the connection has carried on all paths, those that are gone included; read after the paths */
  count(whole: NativeBytes): ByteCount;
}

/**
 * The whole less what went through relays: direct paths come and go as devices move, and iroh counts those that are gone in
 * the whole alone, whereas the path through the relay stays. What a relay path carried between the last look and its end counts as direct.
 */
export const directBytes = (): DirectBytes => {
  let relayed: ReadonlyMap<string, NativeBytes> = new Map();
  let ended: NativeBytes = NOTHING;
  let told: ByteCount = { sentBytes: 0, receivedBytes: 0 };
  return {
    notePaths: (paths) => {
      const now = new Map(paths.filter(({ isRelay }) => isRelay).map(({ id, stats }) => [id, stats]));
      for (const [id, stats] of relayed) if (!now.has(id)) ended = sum([ended, stats]);
      relayed = now;
    },
    count: (whole) => {
      const throughRelays = sum([ended, ...relayed.values()]);
      // The two are not counted in the same moment, and what was told is not taken back.
      told = {
        sentBytes: Math.max(told.sentBytes, whole.udpTxBytes - throughRelays.udpTxBytes),
        receivedBytes: Math.max(told.receivedBytes, whole.udpRxBytes - throughRelays.udpRxBytes),
      };
      return told;
    },
  };
};

const NOTHING: NativeBytes = Object.freeze({ udpTxBytes: 0, udpRxBytes: 0 });

const sum = (counts: readonly NativeBytes[]): NativeBytes => ({
  udpTxBytes: counts.reduce((bytes, { udpTxBytes }) => bytes + udpTxBytes, 0),
  udpRxBytes: counts.reduce((bytes, { udpRxBytes }) => bytes + udpRxBytes, 0),
});
