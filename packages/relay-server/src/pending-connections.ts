import type { Socket } from 'node:net';
import { addressGroupOf } from '@bowline/contracts';
import { AddressAllowances, type ConnectionRate } from './address-allowances.ts';

/** As in the options of the same names. */
export interface PendingLimits {
  readonly maxPendingConnections: number;
  readonly maxPendingPerAddress: number;
  readonly handshakeTimeoutMs: number;
  /** For each address. */
  readonly connectionRate: ConnectionRate;
}

/** The part of a socket this table needs. */
export type PendingSocket = Pick<Socket, 'remoteAddress' | 'remotePort' | 'localAddress' | 'localPort' | 'destroy'>;

/** Which limit a connection met that was not taken in. */
export type AdmissionRefusal = 'too-many-from-address' | 'too-often-from-address';

interface PendingConnection {
  readonly socket: PendingSocket;
  readonly group: string;
  deadlineMs: number;
}

/**
 * Connections from TCP accept until login, few and short-lived by construction: bounded in all, bounded per address,
 * not too many a second from one address, each with a deadline that covers TLS, HTTP and the login. Plain HTTP requests
 * live and end here.
 *
 * Where there is no room for another, the one that has been here longest makes it: a login takes a round trip or
 * three, and whoever fills the table with connections that wait must not keep out those that do not.
 */
export class PendingConnections {
  readonly #limits: PendingLimits;
  readonly #connections = new Map<string, PendingConnection>();
  readonly #countOfGroup = new Map<string, number>();
  readonly #allowances: AddressAllowances;
  readonly #onCrowdedOut: () => void;

  /** @param onCrowdedOut a connection was cut to make room */
  constructor(limits: PendingLimits, onCrowdedOut: () => void) {
    this.#limits = limits;
    this.#onCrowdedOut = onCrowdedOut;
    this.#allowances = new AddressAllowances(limits.connectionRate);
  }

  get size(): number {
    return this.#connections.size;
  }

  /** @returns why not, or `undefined` when the connection was taken in */
  admit(socket: PendingSocket, nowMs: number): AdmissionRefusal | undefined {
    const name = connectionNameOf(socket);
    this.settle(name);
    const group = addressGroupOf(socket.remoteAddress ?? '');
    const count = this.#countOfGroup.get(group) ?? 0;
    if (count >= this.#limits.maxPendingPerAddress) return 'too-many-from-address';
    if (!this.#allowances.take(group, nowMs)) return 'too-often-from-address';
    if (this.#connections.size >= this.#limits.maxPendingConnections) this.#crowdOut();
    // Read anew: the one crowded out may have been of this group.
    this.#countOfGroup.set(group, (this.#countOfGroup.get(group) ?? 0) + 1);
    this.#connections.set(name, {
      socket,
      group,
      deadlineMs: nowMs + this.#limits.handshakeTimeoutMs,
    });
    return undefined;
  }

  /** Strikes off a connection that logged in or closed. */
  settle(name: string): void {
    const connection = this.#connections.get(name);
    if (connection === undefined) return;
    this.#connections.delete(name);
    const count = (this.#countOfGroup.get(connection.group) ?? 1) - 1;
    if (count === 0) this.#countOfGroup.delete(connection.group);
    else this.#countOfGroup.set(connection.group, count);
  }

  /** Gives a connection its full time again: it has asked for something and got it. */
  renew(name: string, nowMs: number): void {
    const connection = this.#connections.get(name);
    if (connection === undefined) return;
    this.#connections.delete(name);
    connection.deadlineMs = nowMs + this.#limits.handshakeTimeoutMs;
    this.#connections.set(name, connection);
  }

  /** Cuts whoever is past the deadline. @returns how many */
  sweep(nowMs: number): number {
    this.#allowances.sweep(nowMs);
    let cut = 0;
    for (const [name, { deadlineMs, socket }] of this.#connections) {
      // Insertion order is deadline order.
      if (deadlineMs > nowMs) break;
      this.settle(name);
      socket.destroy();
      cut += 1;
    }
    return cut;
  }

  #crowdOut(): void {
    for (const [name, { socket }] of this.#connections) {
      this.settle(name);
      socket.destroy();
      this.#onCrowdedOut();
      return;
    }
  }

  /** Cuts all. */
  clear(): void {
    for (const { socket } of this.#connections.values()) socket.destroy();
    this.#connections.clear();
    this.#countOfGroup.clear();
  }
}

/**
 * A name two sockets share exactly if they are one TCP connection: under TLS the socket that is accepted and the one
 * that is upgraded are different objects. A closed socket has forgotten it.
 */
export const connectionNameOf = (socket: Omit<PendingSocket, 'destroy'>): string =>
  `${socket.remoteAddress}|${socket.remotePort}|${socket.localAddress}|${socket.localPort}`;
