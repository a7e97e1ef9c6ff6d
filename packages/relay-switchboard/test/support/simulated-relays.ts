import { createPublicKey, verify } from 'node:crypto';
import type { Clock, RelayDownReason, RelayUrl } from '@bowline/contracts';
import {
  type ClientAuth,
  challengeMessageOf,
  decodeClientAuth,
  decodeClientFrame,
  encodeEndpointGone,
  encodePong,
  encodeRelayFrame,
  encodeServerChallenge,
  encodeServerConfirmsAuth,
  encodeServerDeniesAuth,
  isDatagramToRelay,
  namedChallengeMessageOf,
  type RelayFrame,
  type RouteKey,
  routeKeyOf,
  routeKeyOfFrame,
  turnIntoDelivery,
} from '@bowline/relay-protocol';
import type { DialRelay, RelayTarget, RelayTransportEvents } from '../../src/index.ts';

const CHALLENGE = Uint8Array.from({ length: 16 }, (_, index) => index);

/** As relays do it, but within the turn: virtual time waits for no thread. */
const isSignedBy = ({ endpointKey, signature }: ClientAuth, message: Uint8Array): boolean => {
  const x = Buffer.from(endpointKey).toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return verify(null, message, key, signature);
};

/** How a simulated relay behaves just now. */
export interface RelayMood {
  /** `up` answers; `frozen` takes everything and answers nothing; `dark` is not even reached; `refusing` ends dials with `reason`; `denying` denies the login. */
  readonly mode: 'up' | 'frozen' | 'dark' | 'refusing' | 'denying';
  readonly reason: RelayDownReason;
  /** One way, milliseconds. */
  readonly latencyMs: number;
  /** Whether it is of another make, and behind a proxy that ends TLS. */
  readonly isForeign?: boolean;
  /** What it admits; everybody when absent. */
  readonly tokens?: readonly string[];
  /** Whether no name server answers, so that its address is not found. */
  readonly isUnnamed?: boolean;
}

interface Login {
  readonly target: RelayTarget;
  readonly events: RelayTransportEvents;
  key: RouteKey | null;
  isOpen: boolean;
  isStranded: boolean;
  bufferedBytes: number;
  flushers: (() => void)[];
}

/** Relays without sockets, on the clock of a test; several switchboards may use the same. */
export class SimulatedRelays {
  readonly #clock: Clock;
  readonly #moods = new Map<RelayUrl, RelayMood>();
  readonly #logins = new Map<RelayUrl, Login[]>();
  /** Payloads of every ping and pong that reached a relay. */
  readonly pings: bigint[] = [];
  readonly pongs: bigint[] = [];
  /** Every dial so far. */
  readonly dials: { readonly url: RelayUrl; readonly token: string | null; readonly atMs: number }[] = [];
  /** While `true` sockets take bytes and never flush them. */
  isClogged: boolean = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  readonly dial: DialRelay = (target, events) => {
    this.dials.push({ url: target.url, token: target.token, atMs: this.#clock.monotonicMs() });
    const login: Login = { target, events, key: null, isOpen: true, isStranded: false, bufferedBytes: 0, flushers: [] };
    this.#loginsAt(target.url).push(login);
    this.#later(target.url, () => this.#opened(login));
    return {
      get bufferedBytes() {
        return login.bufferedBytes;
      },
      get isStranded() {
        return login.isStranded;
      },
      unreachedReason: this.#mood(target.url).isUnnamed === true ? 'dns' : 'tcp',
      send: (frame, onFlushed) => this.#send(login, Buffer.from(frame), onFlushed),
      terminate: () => this.#drop(login),
    };
  };

  set(url: RelayUrl, mood: Partial<RelayMood>): void {
    this.#moods.set(url, { ...this.#mood(url), ...mood });
  }

  /** The process behind the relay dies: every socket closes, dials are refused. */
  kill(url: RelayUrl): void {
    this.set(url, { mode: 'refusing', reason: 'tcp' });
    for (const login of [...this.#loginsAt(url)]) this.#end(login, 'closed');
  }

  /** The device goes to another network: nothing passes on its sockets any more, which stay open. */
  strand(url: RelayUrl): void {
    for (const login of this.#loginsAt(url)) login.isStranded = true;
  }

  /** Ends sockets only; the relay answers the next dial. */
  cut(url: RelayUrl): void {
    for (const login of [...this.#loginsAt(url)]) this.#end(login, 'closed');
  }

  /** Says something to everybody logged in. */
  say(url: RelayUrl, frame: RelayFrame): void {
    for (const login of this.#loginsAt(url)) this.#tell(login, Buffer.from(encodeRelayFrame(frame)));
  }

  /** Everyone logged in at a relay. */
  presentAt(url: RelayUrl): readonly RouteKey[] {
    return this.#loginsAt(url).flatMap((login) => (login.isOpen && login.key !== null ? [login.key] : []));
  }

  /** Bytes that sockets to a relay have taken and not flushed. */
  bufferedAt(url: RelayUrl): number {
    return Math.max(0, ...this.#loginsAt(url).map((login) => login.bufferedBytes));
  }

  /** Lets clogged sockets flush. */
  unclog(): void {
    this.isClogged = false;
    for (const login of [...this.#logins.values()].flat()) {
      login.bufferedBytes = 0;
      for (const flush of login.flushers.splice(0)) flush();
    }
  }

  #opened(login: Login): void {
    const { mode, reason, tokens } = this.#mood(login.target.url);
    if (mode === 'dark') return;
    if (mode !== 'refusing') login.events.reached();
    if (mode === 'frozen') return;
    const isAdmitted = tokens === undefined || tokens.includes(login.target.token ?? '');
    if (mode === 'refusing' || !isAdmitted) {
      this.#end(login, isAdmitted ? reason : 'auth');
      return;
    }
    login.events.opened(2);
    this.#tell(login, Buffer.from(encodeServerChallenge(CHALLENGE)));
  }

  #send(login: Login, frame: Buffer, onFlushed?: () => void): void {
    if (this.isClogged) {
      login.bufferedBytes += frame.length;
      if (onFlushed !== undefined) login.flushers.push(onFlushed);
    } else if (onFlushed !== undefined) queueMicrotask(onFlushed);
    this.#later(login.target.url, () => {
      if (this.#passes(login)) this.#receive(login, frame);
    });
  }

  #passes({ isOpen, isStranded, target }: Login): boolean {
    const { mode } = this.#mood(target.url);
    return isOpen && !isStranded && mode !== 'frozen' && mode !== 'dark';
  }

  #receive(login: Login, frame: Buffer): void {
    const { url } = login.target;
    if (login.key === null) {
      const auth = decodeClientAuth(frame);
      if (this.#mood(url).mode === 'denying') {
        this.#tell(login, Buffer.from(encodeServerDeniesAuth('not on the list')));
        return;
      }
      if (!this.#isProven(login.target, auth)) {
        this.#tell(login, Buffer.from(encodeServerDeniesAuth('signature invalid')));
        return;
      }
      const key = routeKeyOf(auth.endpointKey);
      for (const older of this.#loginsAt(url)) {
        if (older.key === key) {
          older.key = null;
          this.#tell(older, Buffer.from(encodeRelayFrame({ type: 'status', health: 'same-endpoint-connected' })));
        }
      }
      login.key = key;
      this.#tell(login, Buffer.from(encodeServerConfirmsAuth()));
      return;
    }
    if (isDatagramToRelay(frame)) {
      this.#forward(login, login.key, frame);
      return;
    }
    const control = decodeClientFrame(frame);
    if (control.type === 'datagrams') throw new Error('datagrams were forwarded above');
    const payload = Buffer.from(control.payload).readBigUInt64BE();
    (control.type === 'ping' ? this.pings : this.pongs).push(payload);
    if (control.type === 'ping') this.#tell(login, Buffer.from(encodePong(control.payload)));
  }

  /** A relay of another make knows the bare answer alone. */
  #isProven({ isConfigured, url }: RelayTarget, auth: ClientAuth): boolean {
    const isBare = isConfigured || this.#mood(url).isForeign === true;
    const message = isBare
      ? challengeMessageOf(CHALLENGE)
      : namedChallengeMessageOf(CHALLENGE, `${new URL(url).hostname}:443`);
    return isSignedBy(auth, message);
  }

  #forward(from: Login, fromKey: RouteKey, frame: Buffer): void {
    const to = routeKeyOfFrame(frame);
    const receiver = this.#loginsAt(from.target.url).find((login) => login.key === to && login.isOpen);
    if (receiver === undefined) {
      this.#tell(from, Buffer.from(encodeEndpointGone(Buffer.from(to, 'latin1'))));
      return;
    }
    this.#tell(receiver, turnIntoDelivery(frame, Buffer.from(fromKey, 'latin1')));
  }

  #tell(login: Login, frame: Buffer): void {
    this.#later(login.target.url, () => {
      if (this.#passes(login)) login.events.message(frame);
    });
  }

  #end(login: Login, reason: RelayDownReason): void {
    if (!login.isOpen) return;
    this.#drop(login);
    login.events.closed(reason, 'simulated');
  }

  #drop(login: Login): void {
    login.isOpen = false;
    const logins = this.#loginsAt(login.target.url);
    const at = logins.indexOf(login);
    if (at >= 0) logins.splice(at, 1);
  }

  #later(url: RelayUrl, action: () => void): void {
    this.#clock.setTimer(this.#mood(url).latencyMs, action);
  }

  #mood(url: RelayUrl): RelayMood {
    return this.#moods.get(url) ?? { mode: 'up', reason: 'tcp', latencyMs: 5 };
  }

  #loginsAt(url: RelayUrl): Login[] {
    const logins = this.#logins.get(url) ?? [];
    this.#logins.set(url, logins);
    return logins;
  }
}
