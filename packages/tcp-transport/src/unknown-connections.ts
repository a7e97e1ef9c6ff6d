import type { Socket } from 'node:net';
import { addressGroupOf, addressScopeOf, type Cancel, type Clock, unmappedIp } from '@bowline/contracts';
import { BoundedMap, TokenBucket, type TokenRate } from '@bowline/limits';
import type { TcpTransportOptions } from './options.ts';

/** How often it is looked how many bytes a connection has sent that is not known yet. */
const LOOK_INTERVAL_MS = 100;

/** Handshakes of one place, and of all: a device needs one in a while, and whoever scans ports gets no more than this. */
const RATE_OF_PLACE: TokenRate = { perSecond: 1, burst: 20 };
const RATE: TokenRate = { perSecond: 20, burst: 100 };

/** Places whose rate is remembered. */
const MAX_PLACES = 256;

/**
 * Connections of which nobody knows yet who they are: few, for a short time, from the internet only where an address that faces
 * it is listened at. A place is an address of a linked device, or else what one stranger may have all addresses of: so nobody
 * takes what is a linked device's, nor has more by having many addresses, as everybody has who speaks IPv6.
 */
export interface UnknownConnections {
  /** Whether it may go on; otherwise it is ended. */
  admit(socket: Socket): boolean;
  /** It is known from now on. */
  known(socket: Pick<Socket, 'remoteAddress' | 'remotePort'>): void;
  /** Ends all. */
  stop(): void;
}

interface UnknownConnectionsComponents {
  readonly clock: Clock;
  readonly options: TcpTransportOptions;
  /** Whether a linked device said that it is there. */
  readonly isOfLinkedDevice: (ip: string) => boolean;
}

export const unknownConnections = (components: UnknownConnectionsComponents): UnknownConnections => {
  const { clock, options, isOfLinkedDevice } = components;
  const unknown = new Map<string, Socket>();
  const rates = new BoundedMap<string, TokenBucket>(MAX_PLACES);
  const rate = new TokenBucket(RATE, clock.monotonicMs());
  let cancelLook: Cancel | null = null;

  const keyOf = ({ remoteAddress, remotePort }: Pick<Socket, 'remoteAddress' | 'remotePort'>): string =>
    `${remoteAddress} ${remotePort}`;

  const placeOf = (ip: string): string => (isOfLinkedDevice(ip) ? ip : addressGroupOf(ip));

  const isWithinRateOfPlace = (place: string): boolean => {
    const nowMs = clock.monotonicMs();
    const ofPlace = rates.get(place) ?? new TokenBucket(RATE_OF_PLACE, nowMs);
    rates.set(place, ofPlace);
    return ofPlace.take(1, nowMs);
  };
  const isPlaceForStranger = (): boolean => {
    const strangers = [...unknown.values()].filter((each) => !isOfLinkedDevice(remoteIpOf(each)));
    return strangers.length < options.maxUnknown && rate.take(1, clock.monotonicMs());
  };

  const look = (): void => {
    cancelLook = null;
    for (const socket of [...unknown.values()]) {
      if (socket.bytesRead > options.maxHandshakeBytes) socket.destroy();
    }
    lookLater();
  };
  const lookLater = (): void => {
    if (unknown.size > 0) cancelLook ??= clock.setTimer(LOOK_INTERVAL_MS, look, { unref: true });
  };

  return {
    admit: (socket) => {
      const ip = remoteIpOf(socket);
      const place = placeOf(ip);
      const fromThere = [...unknown.values()].filter((each) => placeOf(remoteIpOf(each)) === place).length;
      const mayGoOn =
        (addressScopeOf(ip) !== 'internet' || addressScopeOf(unmappedIp(socket.localAddress ?? '')) === 'internet') &&
        fromThere < options.maxUnknownOfPlace &&
        isWithinRateOfPlace(place) &&
        (isOfLinkedDevice(ip) || isPlaceForStranger());
      if (!mayGoOn) {
        socket.destroy();
        return false;
      }
      const key = keyOf(socket);
      unknown.set(key, socket);
      const timeout = clock.setTimer(
        options.handshakeTimeoutMs,
        () => {
          if (unknown.get(key) === socket) socket.destroy();
        },
        { unref: true },
      );
      socket.once('close', () => {
        timeout();
        if (unknown.get(key) === socket) unknown.delete(key);
      });
      lookLater();
      return true;
    },
    known: (socket) => {
      unknown.delete(keyOf(socket));
    },
    stop: () => {
      cancelLook?.();
      for (const socket of unknown.values()) socket.destroy();
      unknown.clear();
    },
  };
};

const remoteIpOf = ({ remoteAddress = '' }: Pick<Socket, 'remoteAddress'>): string => unmappedIp(remoteAddress);
