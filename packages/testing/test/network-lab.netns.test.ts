import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import {
  buildTopology,
  describeInLab,
  type LabHost,
  type LabTopology,
  noDirectPath,
  oneLan,
  type Room,
  twoHomes,
} from '../src/network-lab/index.ts';

const PORT = '4000';
const DATAGRAM = fileURLToPath(new URL('./support/datagram.ts', import.meta.url));

/** Ends a room with the test, even with one that timed out. */
const untilTestEnds = <N extends string>(room: Room<N>): Room<N>['hosts'] & { readonly room: Room<N> } => {
  onTestFinished(() => room.dispose());
  return { ...room.hosts, room };
};

const listen = async (host: LabHost, port = PORT): Promise<ChildProcess> => {
  const child = host.spawn(process.execPath, [DATAGRAM, 'listen', port], { stdio: ['ignore', 'pipe', 'inherit'] });
  if (child.stdout !== null) await once(child.stdout, 'data');
  return child;
};

/** An answer comes within a millisecond, on a busy machine later. */
const PATIENCE_MS = 5_000;

/** How long is waited for an answer that nobody gives. */
const SILENCE_MS = 300;

/** The address the other side saw, or `silence`. */
const ask = (from: LabHost, to: LabHost, waitMs = PATIENCE_MS, port = PORT): Promise<string> =>
  from.run(process.execPath, DATAGRAM, 'ask', to.address, port, String(waitMs));

/** The same where nobody is to answer. */
const askInVain = (from: LabHost, to: LabHost, port = PORT): Promise<string> => ask(from, to, SILENCE_MS, port);

const namespaces = (): readonly string[] => execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' }).split('\n');

/** A process that has ended may stay listed until its parent, or whoever adopted it, takes note. */
const isRunning = (pid: number): boolean => {
  try {
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    // It is not listed any more, or not while it was read.
    return false;
  }
};

describeInLab('one LAN', () => {
  it('lets hosts reach each other and nothing else', async () => {
    const { laptop, phone } = await oneLan(['laptop', 'phone']).then(untilTestEnds);
    await listen(phone);
    expect(await ask(laptop, phone)).toMatch(/^10\.77\.0\.1:/);
    expect(await laptop.run('ip', 'route', 'show', 'default')).toBe('');
  });

  it('drops UDP between hosts while it is blocked', async () => {
    const { laptop, phone, room } = await oneLan(['laptop', 'phone']).then(untilTestEnds);
    await listen(phone);
    await room.blockUdp();
    expect(await askInVain(laptop, phone)).toBe('silence');
    await room.allowUdp();
    expect(await ask(laptop, phone)).toMatch(/^10\.77\.0\.1:/);
  });

  it('takes the carrier from a host that is unplugged, and gives it back', async () => {
    const { laptop, phone } = await oneLan(['laptop', 'phone']).then(untilTestEnds);
    await listen(phone);
    await phone.unplug();
    expect(await phone.run('cat', '/sys/class/net/eth0/carrier')).toBe('0\n');
    expect(await askInVain(laptop, phone)).toBe('silence');
    await phone.plug();
    // The laptop asked for the phone's hardware address in vain, and the kernel asks again after a second.
    expect(await ask(laptop, phone)).toMatch(/^10\.77\.0\.1:/);
  });

  it('suspends and resumes everything on a host', async () => {
    const { laptop, phone } = await oneLan(['laptop', 'phone']).then(untilTestEnds);
    await listen(phone);
    await phone.signalAll('SIGSTOP');
    expect(await askInVain(laptop, phone)).toBe('silence');
    await phone.signalAll('SIGCONT');
    expect(await ask(laptop, phone)).toMatch(/^10\.77\.0\.1:/);
  });
});

describeInLab('two homes', () => {
  it('reach the internet behind the address of their router, and each other not at all', async () => {
    const { laptop, phone, relay } = await twoHomes({ homes: [['laptop'], ['phone']], internet: ['relay'] }).then(
      untilTestEnds,
    );
    await Promise.all([listen(relay), listen(phone)]);
    expect(await ask(laptop, relay)).toMatch(/^198\.51\.100\.11:/);
    expect(await ask(phone, relay)).toMatch(/^198\.51\.100\.12:/);
    expect(await askInVain(laptop, phone)).not.toMatch(/:/);
    expect(await askInVain(relay, phone)).not.toMatch(/:/);
  });

  it('share a network with those who live in the same home', async () => {
    const { laptop, printer, phone } = await twoHomes({ homes: [['laptop', 'printer'], ['phone']], internet: [] }).then(
      untilTestEnds,
    );
    await listen(printer);
    expect(await ask(laptop, printer)).toMatch(/^192\.168\.1\.10:/);
    expect(await askInVain(phone, printer)).not.toMatch(/:/);
  });

  it('get no datagram through where there is no direct path, but TCP', async () => {
    const { laptop, relay } = await noDirectPath({ homes: [['laptop'], ['phone']], internet: ['relay'] }).then(
      untilTestEnds,
    );
    await listen(relay);
    expect(await askInVain(laptop, relay)).toBe('silence');
    const server = relay.spawn(process.execPath, ['-e', TCP_SERVER], { stdio: ['ignore', 'pipe', 'inherit'] });
    if (server.stdout !== null) await once(server.stdout, 'data');
    expect(await laptop.run(process.execPath, '-e', TCP_CLIENT, relay.address)).toBe('198.51.100.11');
  });
});

/** Prints after how many milliseconds a connection was there. */
const CONNECT_TIME = `const t = performance.now(); require('net').connect(4000, process.argv[1])
  .on('connect', () => console.log(Math.round(performance.now() - t))).on('error', e => console.log(e.code)).resume()`;

const listenTcp = async (host: LabHost): Promise<void> => {
  const server = host.spawn(process.execPath, ['-e', TCP_SERVER.replace(", '0.0.0.0'", '')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (server.stdout !== null) await once(server.stdout, 'data');
};

describeInLab(
  'a topology',
  () => {
    const build = <N extends string>(topology: LabTopology<N>) => buildTopology(topology).then(untilTestEnds);

    it('goes dark and is back, with every interface up', async () => {
      const { laptop, phone, room } = await build({ kind: 'lan', hosts: ['laptop', 'phone'] });
      await listen(phone);
      await room.darken();
      expect(await laptop.run('cat', '/sys/class/net/eth0/carrier')).toBe('1\n');
      expect(await askInVain(laptop, phone)).toBe('silence');
      await room.lighten();
      expect(await ask(laptop, phone)).toMatch(/^10\.77\.0\.1:/);
    });

    it('has hosts that move to another home, behind its router, and back', async () => {
      const { laptop, relay, room } = await build({
        kind: 'homes',
        homes: [{ hosts: ['laptop'] }, { hosts: [] }],
        internet: ['relay'],
      });
      await listen(relay);
      await room.move('laptop', 1);
      expect(laptop.address).toBe('192.168.2.10');
      expect(await ask(laptop, relay)).toMatch(/^198\.51\.100\.12:/);
      await room.move('laptop', 0);
      // As routers hand them out: whoever comes back has the address it had.
      expect(laptop.address).toBe('192.168.1.10');
      expect(await ask(laptop, relay)).toMatch(/^198\.51\.100\.11:/);
    });

    it('has providers that translate once more, and homes with the same addresses', async () => {
      const { laptop, phone, relay } = await build({
        kind: 'homes',
        homes: [
          { hosts: ['laptop'], isBehindCarrier: true, number: 7 },
          { hosts: ['phone'], number: 7 },
        ],
        internet: ['relay'],
      });
      await listen(relay);
      expect([laptop.address, phone.address]).toEqual(['192.168.7.10', '192.168.7.10']);
      expect(await ask(laptop, relay)).toMatch(/^198\.51\.100\.11:/);
      expect(await ask(phone, relay)).toMatch(/^198\.51\.100\.12:/);
    });

    it('has switches that keep hosts apart, or mDNS from them', async () => {
      const apart = await build({
        kind: 'homes',
        homes: [{ hosts: ['laptop', 'phone'], isIsolated: true }],
        internet: ['relay'],
      });
      await Promise.all([listen(apart.phone), listen(apart.relay)]);
      expect(await askInVain(apart.laptop, apart.phone)).toBe('silence');
      expect(await ask(apart.laptop, apart.relay)).not.toBe('silence');
      const { laptop, phone } = await build({ kind: 'lan', hosts: ['laptop', 'phone'], passesMdns: false });
      await Promise.all([listen(phone), listen(phone, '5353')]);
      expect(await ask(laptop, phone)).not.toBe('silence');
      expect(await askInVain(laptop, phone, '5353')).toBe('silence');
    });

    it('has lines with a length, and hosts with IPv6 alone', async () => {
      const far = await build({
        kind: 'homes',
        homes: [{ hosts: ['laptop'], leg: { delayMs: 50 } }],
        internet: ['relay'],
      });
      await listenTcp(far.relay);
      expect(Number(await far.laptop.run(process.execPath, '-e', CONNECT_TIME, far.relay.address))).toBeGreaterThan(99);
      const radio = await build({ kind: 'lan', hosts: ['laptop', 'phone'], leg: { delayMs: 50 } });
      await listenTcp(radio.phone);
      const toPhone = await radio.laptop.run(process.execPath, '-e', CONNECT_TIME, radio.phone.address);
      expect(Number(toPhone)).toBeGreaterThan(99);
      const ipv6 = await build({
        kind: 'homes',
        family: 'ipv6',
        homes: [{ hosts: ['laptop'] }, { hosts: ['phone'] }],
        internet: ['relay'],
      });
      await Promise.all([listenTcp(ipv6.relay), listenTcp(ipv6.phone)]);
      const connect = (to: LabHost, seconds = '2') =>
        ipv6.laptop.run('timeout', seconds, process.execPath, '-e', CONNECT_TIME, to.address);
      expect(await connect(ipv6.relay, '20')).toMatch(/^\d+\n$/);
      // The router drops what nobody inside asked for.
      await expect(connect(ipv6.phone)).rejects.toMatchObject({ code: 'LAB_COMMAND_FAILED' });
      expect(await ipv6.laptop.run('ip', '-4', 'route')).toBe('');
    });
  },
  { python3: 'python3-minimal' },
);

const TCP_SERVER = `require('net').createServer(s => s.end(s.remoteAddress)).listen(4000, '0.0.0.0', () => console.log('up'))`;
const TCP_CLIENT = `require('net').connect(4000, process.argv[1]).on('error', e => console.log(e.message)).pipe(process.stdout)`;

describeInLab('a room', () => {
  it('leaves no process and no namespace, not even of those that refuse to end', async () => {
    const room = await oneLan(['laptop']);
    const stubborn = room.hosts.laptop.spawn('sh', ['-c', "trap '' TERM; sleep 1000 & echo up; wait"], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (stubborn.stdout !== null) await once(stubborn.stdout, 'data');
    const ids = await room.hosts.laptop.processIds();
    expect(ids).toHaveLength(2);
    await Promise.all([once(stubborn, 'exit'), room.dispose(), room.dispose()]);
    expect(ids.filter(isRunning)).toEqual([]);
    expect(namespaces().filter((name) => name.startsWith(`bowline-${process.pid}-`))).toEqual([]);
  });

  it('stands beside others with the same addresses', async () => {
    const lan = () => oneLan(['laptop', 'phone']).then(untilTestEnds);
    const rooms = await Promise.all([lan(), lan(), lan()]);
    await listen(rooms[0].phone);
    const [own, ...others] = rooms;
    expect(await ask(own.laptop, own.phone)).toMatch(/^10\.77\.0\.1:/);
    const answers = await Promise.all(others.map(({ laptop, phone }) => askInVain(laptop, phone)));
    expect(answers.map((answer) => answer.startsWith('10.77.0.1:'))).toEqual([false, false]);
  });

  it('names the command and what it said when one fails', async () => {
    const { laptop } = await oneLan(['laptop']).then(untilTestEnds);
    const failing = laptop.run('ip', 'link', 'show', 'dev', 'nothing');
    await expect(failing).rejects.toMatchObject({
      code: 'LAB_COMMAND_FAILED',
      message: /ip link show dev nothing.*not exist/s,
    });
    expect((await laptop.processIds()).length).toBe(0);
  });

  it('is removed by the next test run when its own was killed', async () => {
    const script = fileURLToPath(new URL('./support/abandon-room.ts', import.meta.url));
    const abandoning = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [said] = (await once(abandoning.stdout, 'data')) as [Buffer];
    const [, id] = said.toString().split(' ').map(Number);
    const exited = once(abandoning, 'exit');
    abandoning.kill('SIGKILL');
    await exited;
    const isLeft = () => namespaces().some((name) => name.startsWith(`bowline-${abandoning.pid}-`));
    expect(isLeft()).toBe(true);
    execFileSync(process.execPath, [script, 'dispose']);
    expect(isLeft()).toBe(false);
    expect(isRunning(id ?? 0)).toBe(false);
  });
});
