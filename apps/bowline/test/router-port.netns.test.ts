import { fileURLToPath } from 'node:url';
import { describeInLab, type LabHost, oneLan } from '@bowline/testing/network-lab';
import { expect, it, vi } from 'vitest';
import { deviceOn, untilTestEnds } from './lab-devices.ts';
import { linesOf } from './support/lines-of.ts';

const ROUTER = fileURLToPath(new URL('./support/mock-router.ts', import.meta.url));

interface Asked {
  /** How many requests there have been. */
  readonly number: number;
  readonly asked: string;
  readonly port?: number;
  /** Ports that are open afterwards, with where they lead. */
  readonly open: Readonly<Record<string, string>>;
}

/** A router that opens ports for whoever asks. */
const routerOn = async (host: LabHost) => {
  const { stdout } = host.spawn(process.execPath, [ROUTER, host.address, 'upnp'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (stdout === null) throw new Error('the router has no output');
  const { seen, find } = linesOf(stdout);
  const askedAfter = async (count: number, fits: (asked: Asked) => boolean): Promise<Asked> => {
    const isIt = (asked: Asked): boolean => asked.number > count && fits(asked);
    return JSON.parse(await find((line) => isIt(JSON.parse(line)))) as Asked;
  };
  await find((line) => line.includes('ready'));
  return { askedAfter, count: () => seen.length, all: () => seen.map((line) => JSON.parse(line) as Asked) };
};

/** Asks the router as iroh does when half of the lease is over. */
const openAgain = (host: LabHost, router: LabHost, outside: number, inside: number): Promise<string> => {
  const body = `<NewExternalPort>${outside}</NewExternalPort><NewInternalPort>${inside}</NewInternalPort><NewInternalClient>${host.address}</NewInternalClient>`;
  const headers = { soapaction: '"urn:schemas-upnp-org:service:WANIPConnection:1#AddPortMapping"' };
  const request = { method: 'POST', headers, body };
  const program = `fetch('http://${router.address}:5000/control', ${JSON.stringify(request)})`;
  return host.run(process.execPath, '-e', program);
};

describeInLab('a router that opens ports', () => {
  vi.setConfig({ testTimeout: 90_000 });

  it('has none open for a device that keeps to the local network, or to its machine', async () => {
    const hosts = await oneLan(['router', 'laptop', 'tablet']).then(untilTestEnds);
    const router = await routerOn(hosts.router);
    // Multicast leaves by the default route, as it does at home.
    for (const host of [hosts.laptop, hosts.tablet]) {
      await host.run('ip', 'route', 'add', 'default', 'via', hosts.router.address);
    }
    const laptop = deviceOn(hosts.laptop, ['--relay', 'disabled']);
    const tablet = deviceOn(hosts.tablet, ['--relay', 'disabled', '--bind', '127.0.0.1']);
    const isAdded = ({ asked }: Asked) => asked === 'add';
    for (const device of [laptop, tablet]) {
      const before = router.count();
      await device.up();
      const { port } = await router.askedAfter(before, isAdded);
      expect(
        (await router.askedAfter(before, ({ asked, port: closed }) => asked === 'delete' && closed === port)).open,
      ).toEqual({});
    }
    const opened = router.all().find(isAdded);
    const [, inside = ''] = Object.values(opened?.open ?? {})[0]?.split(':') ?? [];
    await vi.waitFor(
      async () => {
        const { network } = await laptop.status();
        expect(network.openedPort).toEqual({ address: `203.0.113.7:${opened?.port}`, isClosed: true, reason: '' });
      },
      { timeout: 30_000 },
    );

    const renewed = router.count();
    await openAgain(hosts.laptop, hosts.router, opened?.port ?? 0, Number(inside));
    expect((await router.askedAfter(renewed, ({ asked }) => asked === 'delete')).open).toEqual({});

    const last = router.count();
    await openAgain(hosts.laptop, hosts.router, opened?.port ?? 0, Number(inside));
    await laptop.daemon().end();
    // What the router prints may come after the daemon has ended.
    await router.askedAfter(last, ({ asked }) => asked === 'delete');
    expect(router.all().at(-1)?.open).toEqual({});
  });
});
