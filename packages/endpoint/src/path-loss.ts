/** What iroh counts of one path: everything since it was there. */
export interface PathCounts {
  readonly remoteAddr: string;
  readonly stats: { readonly udpTxDatagrams: number; readonly lostPackets: number };
}

/** Of fewer packets a share says little: at 2 % this many lose four. */
const MIN_PACKETS = 200;

/** What of the path in use was lost lately. */
export interface PathLoss {
  /** The counts of the path in use, whenever they are read. */
  note(counts: PathCounts): void;
  /** Share of the last 200 to 400 packets, at least, that were lost, 0 to 1; `null` before there were so many on this path. */
  readonly ratio: number | null;
}

/** Keeps where the last two stretches of packets began; another path, and counts that begin anew, begin both. */
export const pathLoss = (): PathLoss => {
  let path: string | null = null;
  let begins: readonly [older: PathCounts['stats'], newer: PathCounts['stats']] = [NOTHING, NOTHING];
  let now: PathCounts['stats'] = NOTHING;
  return {
    note: ({ remoteAddr, stats }) => {
      if (remoteAddr !== path || stats.udpTxDatagrams < now.udpTxDatagrams) begins = [stats, stats];
      path = remoteAddr;
      now = stats;
      if (now.udpTxDatagrams - begins[1].udpTxDatagrams >= MIN_PACKETS) begins = [begins[1], now];
    },
    get ratio() {
      const sent = now.udpTxDatagrams - begins[0].udpTxDatagrams;
      if (sent < MIN_PACKETS) return null;
      return Math.min(1, Math.max(0, now.lostPackets - begins[0].lostPackets) / sent);
    },
  };
};

const NOTHING: PathCounts['stats'] = Object.freeze({ udpTxDatagrams: 0, lostPackets: 0 });
