import type { HostParts } from './system.ts';

/** Starts every part but the store, which is open by then: each after those it listens to, or asks at once. */
export const startParts = async (parts: HostParts): Promise<void> => {
  // Before links, so that it misses none.
  await parts.services.start();
  await Promise.all([parts.refresh, parts.observation, parts.tcp, ...parts.searchSources].map((part) => part.start()));
  await Promise.all([parts.links.start(), parts.pairing.start()]);
  await Promise.all([parts.switchboard.start(), parts.endpoint.start(), parts.mdns.start()]);
  // Whoever is due would be dialled at once.
  await parts.scheduler.start();
};

/** Stops them in reverse. */
export const stopParts = async (parts: HostParts): Promise<void> => {
  await parts.pairing.stop();
  await parts.links.stop();
  await parts.services.stop();
  await Promise.all([parts.scheduler, parts.refresh, parts.observation, parts.tcp].map((part) => part.stop()));
  await Promise.all([parts.mdns, ...parts.searchSources].map((source) => source.stop()));
  await parts.endpoint.stop();
  await parts.switchboard.stop();
};
