import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostComponents } from '@bowline/host';
import type { Printer } from '../output/printer.ts';
import { childCommand, runCommand } from './child-command.ts';
import { type DemoDevice, demoDevice } from './demo-device.ts';

interface DemoOptions {
  readonly printer: Printer;
  readonly components: HostComponents;
  /** Aborts when the person ends the demo. */
  readonly signal: AbortSignal;
  /** Leaves the first pair running until `signal` aborts, and says how to talk to them. */
  readonly keep: boolean;
}

/**
 * Pairs two devices through a relay and two more on the local network, restarts them, and sends messages: everything
 * in processes of its own, nothing beyond this machine.
 */
export const runDemo = async ({ printer, components, signal, keep }: DemoOptions): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'bowline-demo-'));
  const running: AsyncDisposable[] = [];
  try {
    await showAll(folder, running, { printer, components, signal, keep });
  } finally {
    for (const each of running.toReversed()) await each[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  }
};

/** @param running gets everything that has to be ended, in the order it was started */
const showAll = async (
  folder: string,
  running: AsyncDisposable[],
  { printer, components, signal, keep }: DemoOptions,
): Promise<void> => {
  const use = <Child extends AsyncDisposable>(child: Child): Child => {
    running.push(child);
    return child;
  };
  signal.addEventListener('abort', () => printer.note('Ending…'), { once: true });

  const step = async (text: string, work: () => Promise<string>): Promise<void> => {
    signal.throwIfAborted();
    const startedAt = performance.now();
    const detail = await work();
    const elapsedMs = Math.round(performance.now() - startedAt);
    printer.result(
      { event: 'step', step: text, detail, elapsedMs },
      `${`${elapsedMs} ms`.padStart(9)}  ${text}: ${detail}`,
    );
  };

  const device = (name: string, options: readonly string[]): DemoDevice =>
    use(demoDevice(name, join(folder, name), options, components));

  const relay = use(childCommand(['relay', 'serve', '--bind', '127.0.0.1', '--port', '0']));
  let relayUrl = '';
  await step('a relay starts', async () => {
    relayUrl = String((await relay.line(({ event }) => event === 'listening')).url);
    return relayUrl;
  });

  const remote = [
    device('laptop', ['--relay', relayUrl, '--no-mdns']),
    device('nas', ['--relay', relayUrl, '--no-mdns']),
  ] as const;
  await pairAndRestart(step, 'through the relay, without mDNS', remote);
  const local = [device('desk', ['--relay', 'disabled']), device('phone', ['--relay', 'disabled'])] as const;
  await pairAndRestart(step, 'by mDNS, with relays disabled', local);

  if (!keep) return;
  const [first, second] = remote;
  printer.result(
    { event: 'running', dataDirs: [first.dataDir, second.dataDir], relayUrl },
    [
      '',
      `${first.name} and ${second.name} keep running until Ctrl-C. In other terminals:`,
      `  bowline status --data-dir ${first.dataDir}`,
      `  bowline why ${second.name} --data-dir ${first.dataDir}`,
      `  bowline inspect --data-dir ${first.dataDir}`,
      `  bowline events --follow --data-dir ${second.dataDir}`,
      `  bowline send ${second.name} "hello" --data-dir ${first.dataDir}`,
    ].join('\n'),
  );
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
};

type Step = (text: string, work: () => Promise<string>) => Promise<void>;

/** The life of one pair: start, pair with twelve words, restart both, find each other, exchange a message. */
const pairAndRestart = async (step: Step, how: string, [first, second]: readonly [DemoDevice, DemoDevice]) => {
  await step(`${first.name} and ${second.name} start`, async () => {
    await Promise.all([first.start(), second.start()]);
    return `${first.id()}, ${second.id()}`;
  });
  await step(`they pair ${how}`, () => pairWithWords(first, second));
  await step('both restart and find each other again, without a command', async () => {
    await Promise.all([first.stop(), second.stop()]);
    await Promise.all([first.start(), second.start()]);
    return `connected, path: ${await first.connectedTo(second)}`;
  });
  await step('a message arrives', () => sendMessage(first, second));
};

const pairWithWords = async (initiator: DemoDevice, joiner: DemoDevice): Promise<string> => {
  await using pairing = childCommand(['pair', '--yes', '--data-dir', initiator.dataDir]);
  const { words } = await pairing.line(({ event }) => event === 'code');
  const joined = await runCommand(
    ['join', '-', '--data-dir', joiner.dataDir],
    ({ event }) => event === 'paired',
    String(words),
  );
  await pairing.line(({ event }) => event === 'paired');
  return `"${words}", found by ${joined.via}, path: ${joined.path}, ${joined.elapsedMs} ms from join to paired`;
};

const sendMessage = async (from: DemoDevice, to: DemoDevice): Promise<string> => {
  const text = `hello from ${from.name}`;
  const args = ['send', to.id(), text, '--data-dir', from.dataDir];
  const { elapsedMs } = await runCommand(args, ({ delivered }) => delivered === true);
  const received = await runCommand(
    ['events', '--last', '10', '--data-dir', to.dataDir],
    (line) => line.event === 'message.received' && line.text === text,
  );
  return `"${received.text}" in ${elapsedMs} ms`;
};
