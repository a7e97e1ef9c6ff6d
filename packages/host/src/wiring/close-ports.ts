import { isIPv4 } from 'node:net';
import { addressScopeOf, type BoundEndpoint, ipOf, portOf, type SocketAddress } from '@bowline/contracts';
import type { ClosePortResult, PortControl } from '@bowline/port-mappings';
import { localIpsOf } from '../network-fingerprint.ts';
import { readSeenReport } from '../seen-report.ts';
import type { System } from '../system.ts';

/**
 * How often it is looked whether the port is open again: iroh asks for it anew after half of its lease, an hour, and tells
 * nobody. One look is one request to the router.
 */
const LOOK_INTERVAL_MS = 20_000;

/** The same where no router answers, or one refuses: each look is a search then. */
const SEARCH_INTERVAL_MS = 60_000;

/** Longest time that stopping waits for the router. */
const LAST_LOOK_MS = 400;

/** Ports kept closed. */
export interface ClosedPorts {
  /** Looks once more, for the last time. */
  readonly end: () => Promise<void>;
  readonly cancel: () => void;
}

/**
 * iroh asks the router for a port whatever it is told, and the binding has no switch for it. Where this device keeps to the
 * local network or to this machine, such a port is closed as soon as it shows among the endpoint's addresses, looked after
 * while the endpoint lives, and once more when the device stops.
 */
export const closePorts = (system: System): ClosedPorts => {
  const { own, options, jobs, condition, clock, logger, inBackground } = system;
  let control: PortControl | null = null;
  let isLooking = false;
  let isAsked = false;
  let isEnded = false;
  let lookedAt = '';
  let cancelTimer = (): void => undefined;

  const isUnwanted = (): boolean => options.isLoopbackOnly || own.current.relayChoice === 'disabled';

  /** Addresses of the endpoint that are neither this machine's own nor what others have seen. */
  const openedAt = async (bound: BoundEndpoint): Promise<readonly SocketAddress[]> => {
    const localIps = localIpsOf(system.networkInterfaces());
    // UPnP opens ports for IPv4 (IGD 1).
    const others = bound.directAddresses.filter((address) => isIPv4(ipOf(address)) && !localIps.has(ipOf(address)));
    if (others.length === 0) return [];
    const { addresses } = await readSeenReport(system);
    return others.filter((address) => !addresses.includes(address));
  };

  /** An address of this machine that just went looks like one of a router: what no router confirms says nothing. */
  const note = (address: SocketAddress, outcome: ClosePortResult['outcome'], detail: string): void => {
    const isKnown = condition.openedPort?.address === address;
    const isClosed = outcome === 'closed' || outcome === 'absent';
    const isConfirmed = outcome === 'closed' || outcome === 'refused';
    const isOutside = addressScopeOf(ipOf(address)) === 'internet';
    if (!isKnown && !isConfirmed && !(outcome === 'noRouter' && isOutside)) return;
    if (outcome === 'closed') logger.info({ address }, 'router closed a port that nobody wanted');
    else if (!isClosed && !(isKnown && condition.openedPort?.isClosed === false)) {
      logger.warn({ address, outcome, detail }, 'router keeps a port open that nobody wanted');
    }
    condition.openedPort = { address, isClosed, reason: isClosed ? '' : detail || 'no router answers' };
  };

  const close = async (timeoutMs?: number): Promise<void> => {
    const { bound } = own.current;
    if (bound === null || !isUnwanted()) return;
    const opened = await openedAt(bound);
    if (!opened.some((address) => address === condition.openedPort?.address)) condition.openedPort = null;
    for (const address of opened) {
      const {
        outcome,
        control: answeredAt,
        detail,
      } = await jobs.closePort({
        externalPort: portOf(address),
        internalPort: bound.port,
        localIps: [...localIpsOf(system.networkInterfaces())],
        control,
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      });
      control = answeredAt;
      note(address, outcome, detail);
    }
  };

  const look = async (): Promise<void> => {
    isAsked = true;
    if (isLooking || isEnded) return;
    isLooking = true;
    cancelTimer();
    try {
      // What changes meanwhile is looked at as well.
      while (isAsked && !isEnded) {
        isAsked = false;
        await close();
      }
    } finally {
      isLooking = false;
      if (!isEnded && condition.openedPort !== null) {
        const pauseMs = condition.openedPort.isClosed ? LOOK_INTERVAL_MS : SEARCH_INTERVAL_MS;
        cancelTimer = clock.setTimer(pauseMs, () => inBackground('close ports', look), { unref: true });
      }
    }
  };

  const cancelWatching = own.onChanged(({ bound, relayChoice }) => {
    const now = JSON.stringify([bound?.directAddresses, relayChoice]);
    if (now === lookedAt) return;
    lookedAt = now;
    if (!isUnwanted()) condition.openedPort = null;
    inBackground('close ports', look);
  });

  return {
    end: async () => {
      isEnded = true;
      cancelTimer();
      if (condition.openedPort !== null) await close(LAST_LOOK_MS);
    },
    cancel: () => {
      isEnded = true;
      cancelTimer();
      cancelWatching();
    },
  };
};
