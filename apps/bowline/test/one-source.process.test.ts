import { brandAs, type DeviceId, type PeerDevice } from '@bowline/contracts';
import type { Host } from '@bowline/host';
import { inspector } from '@bowline/inspector';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { memoryLogger } from '@bowline/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { daemonConversation } from '../src/daemon/daemon-handlers.ts';

const DEVICE = { id: brandAs<DeviceId>('d-0000000000000001'), name: 'nas', endpointId: '1'.repeat(64) };

/** A host whose every answer is unmistakable. */
const ANSWERS = {
  explain: { cause: 'direct-lan', sentence: 'it is explained' },
  timeline: { entries: [{ kind: 'device.connected', atMs: 1 }], reliability: { sinceMs: 1 } },
  check: [{ name: 'store', result: 'ok', sentence: 'it is checked', remedy: null }],
  traffic: { spentTodayBytes: 17, peers: [] },
  journal: [{ position: 1, event: 'device.connected' }],
  machines: { charts: [], sessions: [{ machine: 'link', session: 'nas', state: 'connected' }] },
  status: { device: DEVICE, peers: [], relays: [] },
} as const;

const stubHost = (): Host => {
  const answers = Object.entries(ANSWERS).map(([name, answer]) => [name, async () => answer]);
  const listens = () => () => undefined;
  return {
    ...Object.fromEntries(answers),
    devices: () => [DEVICE],
    findDevice: () => DEVICE as unknown as PeerDevice,
    onAny: listens,
    onTransition: listens,
  } as unknown as Host;
};

/** What the page asks for, as the page asks. */
const openPage = async (host: Host) => {
  const served = inspector({ refreshMs: 250 })(host, {
    clock: systemClock,
    random: systemRandom,
    logger: memoryLogger(),
  });
  onTestFinished(() => served.stop());
  await served.start();
  const { origin } = new URL(served.url);
  const post = (path: string, body: unknown, token?: string) =>
    fetch(`${origin}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
    });
  const opened = await post('/api/session', { token: served.openUrl().split('#')[1] });
  const { session } = (await opened.json()) as { session: string };
  return {
    act: async (action: string, input: object) => {
      const answer = await post(`/api/do/${action}`, input, session);
      return ((await answer.json()) as { result: unknown }).result;
    },
    /** What the first event of that name says. */
    firstEvent: async (path: string, name: string) => {
      const { body } = await post(path, {}, session);
      const decoder = new TextDecoder();
      let text = '';
      for await (const chunk of body ?? []) {
        text += decoder.decode(chunk, { stream: true });
        const [, data] = new RegExp(`event: ${name}\ndata: (.*)\n`).exec(text) ?? [];
        if (data !== undefined) return JSON.parse(data) as Record<string, unknown>;
      }
      throw new Error(`the stream ended without "${name}"`);
    },
  };
};

describe('what is shown', () => {
  it('is the same on the API, on the daemon’s socket behind every command, and on the page', async () => {
    const host = stubHost();
    const { handlers } = daemonConversation(host);
    const context = { signal: new AbortController().signal };
    const page = await openPage(host);
    const device = 'nas';
    const range = { afterPosition: -1, limit: 5 };

    expect(await handlers.explain({ device }, context)).toEqual(ANSWERS.explain);
    expect(await page.act('explain', { deviceId: DEVICE.id })).toEqual(ANSWERS.explain);

    expect(await handlers.timeline({ device, sinceMs: 0 }, context)).toEqual({ device: DEVICE, ...ANSWERS.timeline });
    expect(await page.act('timeline', { deviceId: DEVICE.id, sinceMs: 0 })).toEqual(ANSWERS.timeline);

    expect(await handlers.check({}, context)).toEqual({ checks: ANSWERS.check });
    expect(await page.act('check', {})).toEqual({ checks: ANSWERS.check });

    expect(await handlers.traffic({}, context)).toEqual(ANSWERS.traffic);
    expect(await page.act('traffic', {})).toEqual(ANSWERS.traffic);

    expect(await handlers.readJournal(range, context)).toEqual({ entries: ANSWERS.journal });
    expect(await page.act('journal', range)).toEqual({ entries: ANSWERS.journal });

    expect(await handlers.machines({}, context)).toEqual(ANSWERS.machines);
    expect(await page.firstEvent('/api/transitions', 'machines')).toEqual(ANSWERS.machines);

    expect(await handlers.status({}, context)).toEqual(ANSWERS.status);
    expect(await page.firstEvent('/api/events', 'snapshot')).toEqual({
      status: ANSWERS.status,
      traffic: ANSWERS.traffic,
      devices: [DEVICE],
      command: null,
    });
  });
});
