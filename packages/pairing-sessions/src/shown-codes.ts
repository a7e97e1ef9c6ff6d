import type { Cancel, Clock, EndpointId, PairingSessionId } from '@bowline/contracts';
import { BoundedMap } from '@bowline/limits';
import type { PairingKeys } from '@bowline/pairing-code';
import { isHelloFor, type PairEnds, type PairRefusalReason, type ReadHello } from '@bowline/pairing-protocol';
import type { PairingSessionsOptions } from './options.ts';

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
  /** Forgets every code that ended. */
  stop(): void;
}

interface EndedCode extends ShownCode {
  /** Wall time after which nobody is told of it any more, also when the machine slept meanwhile. */
  readonly untilMs: number;
  readonly cancelTimer: Cancel;
}

/**
 * A code that ended is remembered for a while, so that who comes late is told why it does not work; then its keys are
 * forgotten, so that who learns the words later learns nothing from this device.
 */
export const shownCodes = <Open extends ShownCode>(
  clock: Clock,
  { maxEndedCodes, rememberMs }: Pick<PairingSessionsOptions, 'maxEndedCodes' | 'rememberMs'>,
): ShownCodes<Open> => {
  const open = new Set<Open>();
  const ended = new BoundedMap<PairingSessionId, EndedCode>(maxEndedCodes, (_id, { cancelTimer }) => cancelTimer());

  const forget = (id: PairingSessionId): void => {
    ended.get(id)?.cancelTimer();
    ended.delete(id);
  };

  const remembered = (): readonly ShownCode[] => {
    for (const [id, { untilMs }] of ended) if (untilMs <= clock.nowMs()) forget(id);
    return [...ended.values()];
  };

  return {
    add: (code) => {
      open.add(code);
    },
    end: (code, { reason, pairedWith }) => {
      if (!open.delete(code)) return;
      const { keys } = code;
      ended.set(keys.sessionId, {
        keys,
        refusalFor: (joiner) => (joiner === pairedWith ? 'completed' : reason),
        untilMs: clock.nowMs() + rememberMs,
        cancelTimer: clock.setTimer(rememberMs, () => forget(keys.sessionId), { unref: true }),
      });
    },
    find: (ends, hello) => {
      for (const code of open) if (isHelloFor(code.keys.lookupKey, ends, hello)) return { code, open: code };
      for (const code of remembered()) if (isHelloFor(code.keys.lookupKey, ends, hello)) return { code, open: null };
      return undefined;
    },
    findByRendezvous: (endpointId) =>
      [...open, ...remembered()].find(({ keys }) => keys.rendezvousEndpointId === endpointId),
    openCodes: () => [...open],
    stop: () => {
      for (const id of [...ended.keys()]) forget(id);
    },
  };
};
