import type { Socket } from 'node:net';
import { addressScopeOf, type Cancel, type Clock, unmappedIp } from '@bowline/contracts';
import { BoundedMap, TokenBucket, type TokenRate } from '@bowline/limits';
import type { TcpTransportOptions } from './options.ts';

/** How often it is looked how many bytes a connection has sent that is not known yet. */
const LOOK_INTERVAL_MS = 100;

/** Handshakes of one address, and of all: a device needs one in a while, and whoever scans ports gets no more than this. */
const RATE_OF_ADDRESS: TokenRate = { perSecond: 1, burst: 20 };
const RATE: TokenRate = { perSecond: 20, burst: 100 };

/** Addresses whose rate is remembered. */
const MAX_ADDRESSES = 256;

/**
 * Connections of which nobody knows yet who they are: few, for a short time, from networks that are not the internet. The
 * addresses of linked devices have places of their own: a stranger with many addresses, as everybody has who speaks IPv6,
 * takes none of those.
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
  const rates = new BoundedMap<string, TokenBucket>(MAX_ADDRESSES);
  const rate = new TokenBucket(RATE, clock.monotonicMs());
  let cancelLook: Cancel | null = null;

  const keyOf = ({ remoteAddress, remotePort }: Pick<Socket, 'remoteAddress' | 'remotePort'>): string =>
    `${remoteAddress} ${remotePort}`;

  const isWithinRateOfAddress = (ip: string): boolean => {
    const nowMs = clock.monotonicMs();
    const ofAddress = rates.get(ip) ?? new TokenBucket(RATE_OF_ADDRESS, nowMs);
    rates.set(ip, ofAddress);
    return ofAddress.take(1, nowMs);
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
      const fromThere = [...unknown.values()].filter((each) => remoteIpOf(each) === ip).length;
      const mayGoOn =
        addressScopeOf(ip) !== 'internet' &&
        fromThere < options.maxUnknownOfAddress &&
        isWithinRateOfAddress(ip) &&
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
