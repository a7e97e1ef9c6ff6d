import type { NetworkInterfaces } from './network-fingerprint.ts';

/**
 * What systems tell of an interface that has no hardware address: a tunnel, whose other end is wherever it leads. Some keep the
 * addresses of all from programs.
 */
const NO_HARDWARE = '00:00:00:00:00:00';

/** The interfaces without the tunnels among them, as far as the system tells which those are. */
export const hardwareInterfaces = (interfaces: ReturnType<NetworkInterfaces>): ReturnType<NetworkInterfaces> => {
  const known = Object.values(interfaces).flatMap((addresses) => addresses ?? []);
  const isToldHardware = known.some(({ mac, internal }) => !internal && mac !== NO_HARDWARE);
  if (!isToldHardware) return interfaces;
  return Object.fromEntries(
    Object.entries(interfaces).map(([name, addresses]) => [name, addresses?.filter(({ mac }) => mac !== NO_HARDWARE)]),
  );
};
