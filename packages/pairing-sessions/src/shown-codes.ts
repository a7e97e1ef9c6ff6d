import type { EndpointId, PairingSessionId } from '@bowline/contracts';
import { BoundedMap } from '@bowline/limits';
import type { PairingKeys } from '@bowline/pairing-code';
import { isHelloFor, type PairEnds, type PairRefusalReason, type ReadHello } from '@bowline/pairing-protocol';

/** A code this device has shown: open, or ended and remembered. */
export interface ShownCode {
  readonly keys: PairingKeys;
  /** `null` while the code is open to this joiner; otherwise what it is told. */
  refusalFor(joiner: EndpointId): PairRefusalReason | null;
}

/** How a code ended. */
export interface CodeEnd {
  readonly reason: Exclude<PairRefusalReason, 'completed'>;
  /** The device it paired with, if it did. */
  readonly pairedWith: EndpointId | null;
}

/** All codes by which a joiner may come. */
export interface ShownCodes<Open extends ShownCode> {
  add(code: Open): void;
  /** Turns an open code into a remembered one; it forgets what is too old. */
  end(code: Open, end: CodeEnd): void;
  /** The code a hello was made with; `undefined` for strangers. */
  find(ends: PairEnds, hello: ReadHello): { readonly code: ShownCode; readonly open: Open | null } | undefined;
  /** The code behind a rendezvous endpoint. */
  findByRendezvous(endpointId: EndpointId): ShownCode | undefined;
  openCodes(): readonly Open[];
}

/** @param maxEnded codes remembered after their end; the oldest is forgotten first. */
export const shownCodes = <Open extends ShownCode>(maxEnded: number): ShownCodes<Open> => {
  const open = new Set<Open>();
  const ended = new BoundedMap<PairingSessionId, ShownCode>(maxEnded);
  return {
    add: (code) => {
      open.add(code);
    },
    end: (code, { reason, pairedWith }) => {
      if (!open.delete(code)) return;
      const { keys } = code;
      ended.set(keys.sessionId, { keys, refusalFor: (joiner) => (joiner === pairedWith ? 'completed' : reason) });
    },
    find: (ends, hello) => {
      for (const code of open) if (isHelloFor(code.keys.lookupKey, ends, hello)) return { code, open: code };
      for (const code of ended.values()) if (isHelloFor(code.keys.lookupKey, ends, hello)) return { code, open: null };
      return undefined;
    },
    findByRendezvous: (endpointId) =>
      [...open, ...ended.values()].find(({ keys }) => keys.rendezvousEndpointId === endpointId),
    openCodes: () => [...open],
  };
};
