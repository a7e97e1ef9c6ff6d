import { type Cancel, ipOf } from '@bowline/contracts';
import { TokenBucket } from '@bowline/limits';
import type { System } from '../system.ts';
import { unnoticedAddresses } from '../unnoticed-addresses.ts';
import { MAX_OFFERED, NOTICED_WITHIN_MS } from './observe-address.ts';

/**
 * An address that the endpoint was given to offer, it tells 50 ms later (measured); a busy machine takes longer. Where it does not,
 * iroh stands still: dials are begun, and those that succeed are never told of, for half a minute.
 */
const OFFERED_WITHIN_MS = 1_500;

/** Whatever this is wrong about, it must not cost links all the time. */
const RESTARTS = { perSecond: 1 / 60, burst: 1 };

/**
 * Starts the endpoint's worker anew where it does not take in any more what it is told, as after a change of the network now and
 * then: an address that it has not found by itself was offered, and it does not tell that one either.
 */
export const restartStuckEndpoint = (system: System): Cancel => {
  const { parts, own, hub, clock, options, identity, logger, inBackground, networkInterfaces } = system;
  const { endpoint, links, pairing } = parts;
  if (options.isLoopbackOnly || options.bind.length > 0) return () => undefined;
  const restarts = new TokenBucket(RESTARTS, clock.monotonicMs());
  /** IP addresses that have been missing since a restart for them: another one would change nothing. */
  let lasting: readonly string[] = [];
  let isCancelled = false;
  let cancelTimer: Cancel = () => undefined;

  const restart = async (): Promise<void> => {
    own.update({ bound: null });
    await Promise.all([links.client.request('dropAll', {}), pairing.client.request('dropAll', {})]);
    await endpoint.stop();
    if (!isCancelled) await endpoint.start();
  };

  const look = async (): Promise<void> => {
    if (own.current.bound === null) return;
    // Asked now: what it told last may be a second old.
    const bound = await endpoint.client.request('readBound', { endpointId: identity.endpointId });
    const missing = unnoticedAddresses(networkInterfaces(), bound);
    const missingIps = missing.map(ipOf);
    lasting = lasting.filter((ip) => missingIps.includes(ip));
    // More were not offered to it.
    if (isCancelled || missing.length > MAX_OFFERED / 2 || missingIps.every((ip) => lasting.includes(ip))) return;
    if (!restarts.take(1, clock.monotonicMs())) return;
    logger.warn({ addresses: missing }, 'endpoint takes no addresses in, and is started anew');
    lasting = missingIps;
    await restart();
  };

  const cancelHub = hub.on('network.changed', () => {
    cancelTimer();
    const onTimer = (): void => inBackground('look at the endpoint', look);
    cancelTimer = clock.setTimer(NOTICED_WITHIN_MS + OFFERED_WITHIN_MS, onTimer, { unref: true });
  });
  return () => {
    isCancelled = true;
    cancelHub();
    cancelTimer();
  };
};
