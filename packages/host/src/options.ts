import { isIP, isIPv4 } from 'node:net';
import { resolve } from 'node:path';
import {
  cleanDisplayName,
  InvalidOptionError,
  type Placement,
  parseRelayUrl,
  type RelayChoice,
  type RelayUrl,
  type SettingValue,
} from '@bowline/contracts';
import { resolveRelaySwitchboardOptions } from '@bowline/relay-switchboard';
import { checkFields } from './check-fields.ts';
import { type KeyOptions, type ResolvedKeyOptions, resolveKeyOptions } from './key-options.ts';
import { INLINE, PLACEMENTS, type PlacementTable } from './placement.ts';

/** What an app tunes. Everything but `dataDir` has a default. */
export interface HostOptions {
  /** Folder of this device: made with mode 0700 if missing. One running host for each. */
  readonly dataDir: string;
  /** The name other people's devices show for this one, at the very first start. @defaultValue `'device'` */
  readonly name?: string;
  /**
   * Relays of this device: iroh's public ones, none (LAN only), or the person's own. Left out: what was last chosen
   * with `setRelays`, at first `'default'`.
   */
  readonly relay?: RelayChoice;
  /**
   * Whether devices are looked for on the local network, and this one is announced there; `'quiet'`: they are looked for,
   * and nothing is announced, codes neither. @defaultValue true
   */
  readonly mdns?: boolean | 'quiet';
  /**
   * Local IP addresses to use, at most one of each family; they limit QUIC and mDNS alike. Loopback addresses alone
   * keep the device on this machine, but for the relays it is given by URL. @defaultValue `[]`, all interfaces
   */
  readonly bind?: readonly string[];
  /**
   * UDP port of this device, 1 to 65,535, on every address it uses: for a firewall or a container that lets one port
   * through, so that other devices find it again after a restart. @defaultValue chosen by the system at every start
   */
  readonly port?: number;
  /**
   * How a new device keeps the key that opens its store, and what opens the store of one that is there.
   * @defaultValue the keychain where it can be used without anybody being asked, otherwise a file
   */
  readonly key?: 'keychain' | 'file' | KeyOptions;
  /**
   * Whether streams between linked devices may use TCP, where the two reach each other directly: many times as fast. While a
   * device is linked this one listens for it, on private and link-local addresses; `'public'`: also on those that face the
   * internet, and it dials such ones of devices it is directly connected to. Both devices have to allow that. @defaultValue true
   */
  readonly tcp?: boolean | 'public';
  /** How relays are reached and trusted. @defaultValue directly, trusting the authorities Node ships */
  readonly relayAccess?: RelayAccess;
  /**
   * What becomes of messages that come. `'keep'`: they wait until the app's handler or a person takes them, and when a
   * device's share is full its messages wait over there, which both sides are told. `'journal'`: they are taken on
   * arrival, for a device where nobody takes anything; the journal holds the newest. @defaultValue `'keep'`
   */
  readonly messages?: 'keep' | 'journal';
  /**
   * Where workers run, by name, for those that differ from {@link PLACEMENTS}; `'inline'` puts all of them, and finite
   * jobs too, into the app's own thread. `endpoint` takes no thread: native objects in it must not be terminated; nor does
   * `relay-switchboard`, to which no connection could be handed over.
   */
  readonly placement?: Partial<PlacementTable> | 'inline';
  /**
   * Where a bundled app has placed its build of `bowline/worker`: a `file:` URL. Threads and processes run that one
   * file; finite jobs run inline. @defaultValue each worker's own module, among the installed packages
   */
  readonly workers?: URL;
}

/** What lies between this device and its relays. */
export interface RelayAccess {
  /** Authorities trusted for `https:` relays: those Node ships, the operating system's, or only `caCertificates`. */
  readonly trustedRoots?: 'bundled' | 'system' | 'none';
  /** Private authorities, PEM, one or more in each text. */
  readonly caCertificates?: readonly string[];
  /** A proxy (`http:` or `socks5:`), and the hosts that are reached without it. */
  readonly proxy?: { readonly url: string; readonly noProxy: readonly string[] } | null;
}

/** Options after defaults and checks. Most of this file is what an app reads of each of them. */
export interface ResolvedHostOptions {
  readonly dataDir: string;
  readonly name: string;
  readonly relay: ResolvedRelayChoice | null;
  readonly mdns: boolean;
  /** Whether this device is announced where mDNS is used. */
  readonly announces: boolean;
  readonly bind: readonly string[];
  /** `null`: chosen by the system. */
  readonly port: number | null;
  readonly tcp: boolean;
  /** Whether TCP is also listened for, and dialled, at addresses that face the internet. */
  readonly allowsPublicTcp: boolean;
  readonly key: ResolvedKeyOptions;
  readonly relayAccess: RelayAccess;
  readonly messages: 'keep' | 'journal';
  readonly placement: PlacementTable;
  readonly workers: URL | null;
  /** Whether finite jobs run in this thread instead of a pool's. */
  readonly runsTasksInline: boolean;
  /** Whether every bound address is a loopback address. */
  readonly isLoopbackOnly: boolean;
}

/** A checked {@link RelayChoice}. */
export type ResolvedRelayChoice = 'default' | 'disabled' | { readonly relays: readonly ResolvedRelay[] };

/** A checked {@link ChosenRelay}. */
export interface ResolvedRelay {
  readonly url: RelayUrl;
  readonly token: string | null;
  readonly pinned: boolean;
  /** UDP port of its QUIC address discovery; `null` where it offers none. */
  readonly quicPort: number | null;
}

/** Every field of {@link HostOptions}; the type makes it complete. */
const OPTION_NAMES = {
  dataDir: true,
  name: true,
  messages: true,
  relay: true,
  mdns: true,
  bind: true,
  port: true,
  tcp: true,
  key: true,
  relayAccess: true,
  placement: true,
  workers: true,
} as const satisfies Record<keyof HostOptions, true>;

export const HOST_DEFAULTS = Object.freeze({
  name: 'device',
  mdns: true,
  bind: [] as readonly string[],
  tcp: true,
  messages: 'keep' as const,
});

/** More relays than that are a mistake: every one of them may carry this device's presence. */
const MAX_RELAYS = 8;

/** Checks a relay choice of an app, a person or the store. @throws {@link InvalidOptionError} */
export const resolveRelayChoice = (choice: unknown): ResolvedRelayChoice => {
  if (choice === 'default' || choice === 'disabled') return choice;
  const given: unknown = typeof choice === 'object' && choice !== null && 'urls' in choice ? choice.urls : undefined;
  if (!Array.isArray(given)) {
    throw new InvalidOptionError('relay', "must be 'default', 'disabled' or { urls: [...] }", choice);
  }
  if (given.length === 0 || given.length > MAX_RELAYS) {
    throw new InvalidOptionError('relay.urls', `must hold 1 to ${MAX_RELAYS} URLs`, given.length);
  }
  const relays = given.map(resolveRelay);
  return { relays: relays.filter(({ url }, index) => relays.findIndex((each) => each.url === url) === index) };
};

/** Longest token, characters; it travels in one line of a request. */
const MAX_TOKEN_CHARACTERS = 4_096;

const resolveRelay = (given: unknown): ResolvedRelay => {
  const {
    url,
    token,
    pinned = false,
    quicPort = null,
  }: { url?: unknown; token?: unknown; pinned?: unknown; quicPort?: unknown } = typeof given === 'object' &&
  given !== null
    ? given
    : { url: given };
  const parsed = typeof url === 'string' ? parseRelayUrl(url) : undefined;
  if (parsed === undefined) {
    throw new InvalidOptionError('relay.urls', 'must hold relay URLs such as https://relay.example.org', url);
  }
  const isToken = typeof token === 'string' && /^[\x21-\x7e]+$/.test(token) && token.length <= MAX_TOKEN_CHARACTERS;
  if (token !== undefined && token !== null && !isToken) {
    throw new InvalidOptionError(
      'relay.urls.token',
      `must be 1 to ${MAX_TOKEN_CHARACTERS} visible characters`,
      'another value',
    );
  }
  if (typeof pinned !== 'boolean') throw new InvalidOptionError('relay.urls.pinned', 'must be true or false', pinned);
  if (quicPort !== null && !isPort(quicPort)) {
    throw new InvalidOptionError('relay.urls.quicPort', 'must be a port, 1 to 65535', quicPort);
  }
  return { url: parsed, token: isToken ? token : null, pinned, quicPort };
};

const isPort = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_535;

/** A choice as it is stored, and read again by {@link resolveRelayChoice}. */
export const storableRelayChoice = (choice: ResolvedRelayChoice): SettingValue =>
  typeof choice === 'string' ? choice : { urls: choice.relays.map((relay) => ({ ...relay })) };

/**
 * Long because it is a list: every option, and its rule.
 *
 * @throws {@link InvalidOptionError} naming the field, the rule and the value received
 */
export const resolveHostOptions = (options: HostOptions): ResolvedHostOptions => {
  checkFields('', options, OPTION_NAMES);
  const {
    dataDir,
    name = HOST_DEFAULTS.name,
    relay,
    mdns = HOST_DEFAULTS.mdns,
    bind = HOST_DEFAULTS.bind,
    port = null,
    tcp = HOST_DEFAULTS.tcp,
  } = options;
  if (typeof dataDir !== 'string' || dataDir === '') {
    throw new InvalidOptionError('dataDir', 'must name a folder', dataDir);
  }
  const cleanName = typeof name === 'string' ? cleanDisplayName(name) : '';
  if (cleanName === '') throw new InvalidOptionError('name', 'must hold a visible character', name);
  if (typeof mdns !== 'boolean' && mdns !== 'quiet') {
    throw new InvalidOptionError('mdns', "must be true, false or 'quiet'", mdns);
  }
  const { messages = HOST_DEFAULTS.messages } = options;
  if (messages !== 'keep' && messages !== 'journal') {
    throw new InvalidOptionError('messages', "must be 'keep' or 'journal'", messages);
  }
  if (typeof tcp !== 'boolean' && tcp !== 'public') {
    throw new InvalidOptionError('tcp', "must be true, false or 'public'", tcp);
  }
  checkBind(bind);
  checkPort(port);
  const workers = resolveWorkers(options.workers);
  return Object.freeze({
    dataDir: resolve(dataDir),
    name: cleanName,
    relay: relay === undefined ? null : resolveRelayChoice(relay),
    mdns: mdns !== false,
    announces: mdns === true,
    messages,
    bind,
    port,
    tcp: tcp !== false,
    allowsPublicTcp: tcp === 'public',
    key: resolveKeyOptions(options.key ?? {}),
    relayAccess: resolveAccess(options.relayAccess ?? {}),
    placement: resolvePlacement(options.placement ?? {}),
    workers,
    runsTasksInline: workers !== null || options.placement === 'inline',
    isLoopbackOnly: bind.length > 0 && bind.every(isLoopback),
  });
};

/** The switchboard's own rules hold; asking them here refuses a mistake before anything is started. */
const resolveAccess = (access: RelayAccess): RelayAccess => {
  resolveRelaySwitchboardOptions(access);
  return access;
};

const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';

const checkPort = (port: number | null): void => {
  if (port === null || (Number.isSafeInteger(port) && port >= 1 && port <= 65_535)) return;
  throw new InvalidOptionError('port', 'must be a UDP port, 1 to 65535', port);
};

const checkBind = (bind: readonly string[]): void => {
  const wrong = bind.find((address) => isIP(address) === 0);
  if (wrong !== undefined) throw new InvalidOptionError('bind', 'must hold IP addresses without port or zone', wrong);
  const ipv4Count = bind.filter((address) => isIPv4(address)).length;
  if (ipv4Count > 1 || bind.length - ipv4Count > 1) {
    throw new InvalidOptionError('bind', 'must hold at most one address of each family', bind.join(', '));
  }
};

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const resolveWorkers = (given: unknown): URL | null => {
  if (given === undefined) return null;
  if (given instanceof URL && given.protocol === 'file:') return given;
  throw new InvalidOptionError(
    'workers',
    "must be a file: URL, such as new URL('./worker.js', import.meta.url)",
    given,
  );
};

const resolvePlacement = (given: Partial<PlacementTable> | 'inline'): PlacementTable => {
  if (given === 'inline') return INLINE;
  if (!isObject(given)) throw new InvalidOptionError('placement', "must be 'inline' or an object", given);
  const allowed: readonly Placement[] = ['inline', 'thread', 'process'];
  for (const [worker, placement] of Object.entries(given)) {
    if (!(worker in PLACEMENTS)) throw new InvalidOptionError('placement', `knows no worker "${worker}"`, worker);
    if (placement === undefined || !allowed.includes(placement)) {
      throw new InvalidOptionError(`placement.${worker}`, "must be 'inline', 'thread' or 'process'", placement);
    }
  }
  if (given.endpoint === 'thread') {
    throw new InvalidOptionError('placement.endpoint', "must be 'process' or 'inline': native code holds it", 'thread');
  }
  if (given['relay-switchboard'] === 'thread') {
    throw new InvalidOptionError(
      'placement.relay-switchboard',
      "must be 'process' or 'inline': connections cannot be handed to a thread",
      'thread',
    );
  }
  return Object.freeze({ ...PLACEMENTS, ...given } as PlacementTable);
};
