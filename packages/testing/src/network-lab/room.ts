import type { LabHost } from './lab-host.ts';
import { addNamespaces, type Namespace, namespaceNames, removeNamespaces } from './namespace.ts';

/** Networks with hosts on them, built for one test. Everything in it ends with it. */
export interface Room<N extends string> extends AsyncDisposable {
  readonly hosts: Readonly<Record<N, LabHost>>;
  /** Drops every UDP datagram between hosts from now on, without a word to anybody: what is left is TCP, and so relays. */
  blockUdp(): Promise<void>;
  /** Undoes {@link Room.blockUdp}. */
  allowUdp(): Promise<void>;
  /** The middle of the room goes dark: nothing crosses it, and every interface stays up. */
  darken(): Promise<void>;
  /** Undoes {@link Room.darken}. */
  lighten(): Promise<void>;
  /** Carries a host into another home, by its place from 0: the same interface gets another router, and another address; back at home the one it had. */
  move(host: N, home: number): Promise<void>;
  /** Runs a shell script on the router of a home, by its place from 0; on a LAN on its switch. */
  atRouter(home: number, script: string): Promise<string>;
  /** Kills every process of the room and removes its networks. Also what `await using` does. */
  dispose(): Promise<void>;
}

/** What a room is put together from: its namespaces by their short names, and the one all traffic between hosts crosses. */
export interface RoomPlan<S extends string> {
  readonly spaces: readonly S[];
  /** Has the bridge that everything between two hosts passes. */
  readonly middle: S;
  /** Whether that is one switch, beyond which nothing answers when it is dark; otherwise the next router still does (ARP). */
  readonly isSwitch: boolean;
}

/** What was put into a room. */
export interface BuiltRoom<N extends string> {
  readonly hosts: Readonly<Record<N, LabHost>>;
  readonly routers: readonly Namespace[];
  readonly move: (host: N, home: number) => Promise<void>;
}

/** Names tell whose they are: `bowline-<process>-<room>-<space>`, so that what a killed test left is found later. */
const OWNER = /^bowline-([0-9]+)-/;

let lastRoom = 0;
let sweeping: Promise<void> | undefined;

/** Builds a room: namespaces first, then what `build` puts into them. Leaves nothing behind when that fails. */
export const buildRoom = async <S extends string, N extends string>(
  { spaces, middle, isSwitch }: RoomPlan<S>,
  build: (space: (name: S) => Namespace) => Promise<BuiltRoom<N>>,
): Promise<Room<N>> => {
  sweeping ??= removeAbandoned();
  await sweeping;
  lastRoom += 1;
  const tag = `bowline-${process.pid}-${lastRoom}`;
  const namespaces = await addNamespaces(spaces.map((space) => `${tag}-${space}`));
  const space = (name: S): Namespace => namespaces[spaces.indexOf(name)] ?? unknownSpace(name);
  let removal: Promise<void> | undefined;
  const dispose = (): Promise<void> => {
    removal ??= removeNamespaces(namespaces.map(({ name }) => name));
    return removal;
  };
  try {
    const { hosts, routers, move } = await build(space);
    return {
      hosts,
      move,
      blockUdp: async () => {
        await space(middle).script(`nft -f - <<'END'\n${UDP_BLOCK}\nEND`);
      },
      allowUdp: async () => {
        await space(middle).script('nft delete table bridge lab');
      },
      darken: async () => {
        const exception = isSwitch
          ? ''
          : 'ether type arp accept; icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept;';
        await space(middle).script(
          `nft 'table bridge dark { chain passing { type filter hook forward priority 0; ${exception} drop; }; }'`,
        );
      },
      lighten: async () => {
        await space(middle).script('nft delete table bridge dark');
      },
      atRouter: async (home, script) => {
        const router = routers[home];
        if (router === undefined) throw new RangeError(`the room has no network ${home}`);
        return router.script(script);
      },
      dispose,
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
};

const UDP_BLOCK = `table bridge lab {
  chain passing { type filter hook forward priority 0; policy accept; meta l4proto udp counter drop; }
}`;

const unknownSpace = (name: string): never => {
  throw new RangeError(`the room has no namespace "${name}"`);
};

/** Removes the rooms of processes that ended without doing it themselves. */
const removeAbandoned = async (): Promise<void> => {
  const abandoned = (await namespaceNames()).filter((name) => {
    const owner = OWNER.exec(name)?.[1];
    return owner !== undefined && !isRunning(Number(owner));
  });
  if (abandoned.length > 0) await removeNamespaces(abandoned);
};

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
