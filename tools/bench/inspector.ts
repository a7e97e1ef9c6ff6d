/**
 * What the inspector's page costs: `npm run bench inspector [--devices N] [--seconds N]`. Needs chromium (Debian's package, or
 * `CHROMIUM`).
 *
 * The page is opened on a device that knows so many others, all of them connected, whose round trips change with every
 * snapshot. Prints one JSON object for a page that is looked at, and one for a page in the background: the share of one core
 * that the page's main thread and the serving process took, the longest task, and how many were longer than 50 ms, which is
 * what a person notices (W3C Long Tasks).
 */
import { parseArgs } from 'node:util';
import type { Host } from '@bowline/host';
import { inspector } from '@bowline/inspector';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { memoryLogger } from '@bowline/testing';
import { chromium, type Page } from 'playwright-core';

const { values } = parseArgs({
  options: { devices: { type: 'string', default: '200' }, seconds: { type: 'string', default: '20' } },
});
const deviceCount = Number(values.devices);
const seconds = Number(values.seconds);

const peers = Array.from({ length: deviceCount }, (_, index) => ({
  id: `d-${String(index).padStart(16, '0')}`,
  endpointId: String(index).padStart(64, '0'),
  name: `device ${index}`,
  state: 'connected',
  path: index % 2 === 0 ? 'direct' : 'relay',
  relay: index % 2 === 0 ? null : 'https://relay.example/',
  tcp: null,
  tcpAbsence: null,
  bytes: {
    sinceMs: 0,
    direct: { sentBytes: 12_300_000, receivedBytes: 4_000 },
    relayed: { sentBytes: 0, receivedBytes: 0 },
  },
  sinceMs: 0,
}));
const traffic = { sentBytes: 1_000, receivedBytes: 1_000 };
const host = {
  status: async () => ({
    device: { id: 'd-own', name: 'laptop' },
    relays: [{ url: 'https://relay.example/', role: 'home', state: 'connected', rttMs: 20, downReason: null }],
    peers: peers.map((peer) => ({ ...peer, rttMs: Math.round(systemRandom.ratio() * 50) })),
  }),
  traffic: async () => ({
    total: traffic,
    relays: [],
    peers: peers.map(({ endpointId }) => ({ endpointId, traffic, spentTodayBytes: 0 })),
    spentTodayBytes: 0,
    budget: null,
  }),
  devices: () => peers,
  onAny: () => () => undefined,
} as unknown as Host;

const served = inspector()(host, { clock: systemClock, random: systemRandom, logger: memoryLogger() });
await served.start();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
});

/** What is measured of the page, as shares of one core, and what chromium calls it. */
const MEASURED = {
  pageRatio: 'TaskDuration',
  scriptRatio: 'ScriptDuration',
  layoutRatio: 'LayoutDuration',
  styleRatio: 'RecalcStyleDuration',
} as const;

const measure = async (page: Page, what: string): Promise<void> => {
  const session = await page.context().newCDPSession(page);
  // Time of the processor, not of the clock: what others do on this machine is not counted.
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  /** Seconds since the page was opened, of all it did and of kinds of it. */
  const busySeconds = async (): Promise<readonly number[]> => {
    const { metrics } = await session.send('Performance.getMetrics');
    return Object.values(MEASURED).map((measured) => metrics.find(({ name }) => name === measured)?.value ?? 0);
  };
  await page.evaluate(`globalThis.tasks = []; new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) globalThis.tasks.push(duration);
  }).observe({ type: 'longtask' });`);
  const [pageBefore, serverBefore] = [await busySeconds(), process.cpuUsage()];
  await page.waitForTimeout(seconds * 1_000);
  const { user, system } = process.cpuUsage(serverBefore);
  const long = (await page.evaluate('globalThis.tasks')) as number[];
  const pageAfter = await busySeconds();
  const ratios = Object.keys(MEASURED).map((what, index) => {
    const ratio = ((pageAfter[index] ?? 0) - (pageBefore[index] ?? 0)) / seconds;
    return [what, Number(ratio.toFixed(4))];
  });
  process.stdout.write(
    `${JSON.stringify({
      what,
      devices: deviceCount,
      ...Object.fromEntries(ratios),
      serverRatio: Number(((user + system) / 1e6 / seconds).toFixed(4)),
      longTasks: long.length,
      longestTaskMs: Math.round(Math.max(0, ...long)),
    })}\n`,
  );
};

try {
  const page = await browser.newPage({ viewport: { width: 1_100, height: 700 } });
  await page.goto(served.openUrl());
  await page.getByRole('article').first().waitFor();
  await measure(page, 'looked at');
  await page.evaluate(`Object.defineProperty(document, 'visibilityState', { value: 'hidden' });
    document.dispatchEvent(new Event('visibilitychange'));`);
  await measure(page, 'in the background');
} finally {
  await browser.close();
  await served.stop();
}
