import type { ConnectedChannel } from '@bowline/channel';
import {
  brandAs,
  type DaemonChannel,
  type HostEvent,
  type HostStatus,
  type PairingSessionId,
} from '@bowline/contracts';
import { settle } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { COMMAND_OUTPUTS } from '../src/output/output-schemas.ts';
import { printer } from '../src/output/printer.ts';
import { followPairing } from '../src/pairing/follow-pairing.ts';

const SESSION = brandAs<PairingSessionId>('session');
const PEER = { name: 'phone', platform: 'linux' };

/** A session at a terminal whose person answers when the test says so. */
const arrange = (isJson = false, answers: Readonly<Record<string, unknown>> = {}) => {
  const out: string[] = [];
  const err: string[] = [];
  const requests: (readonly [string, unknown])[] = [];
  const questions: {
    readonly digits: string;
    readonly signal: AbortSignal;
    readonly answer: (yes: boolean) => void;
  }[] = [];
  const listeners = new Set<(told: HostEvent) => void>();
  const listener = (told: HostEvent) => {
    for (const each of listeners) each(told);
  };
  const channel = {
    on: (_event: string, listen: (told: HostEvent) => void) => {
      listeners.add(listen);
      return () => void listeners.delete(listen);
    },
    closed: new Promise(() => undefined),
    request: async (name: string, input: unknown) => {
      if (name === 'status') return answers.status ?? { network: { mdns: { state: 'works', problem: null } } };
      requests.push([name, input]);
    },
  } as unknown as ConnectedChannel<DaemonChannel>;
  const following = followPairing({
    channel,
    printer: printer(isJson, { write: (text) => out.push(text) }, { write: (text) => err.push(text) }),
    signal: new AbortController().signal,
    isOurs: (id) => id === SESSION,
    role: 'initiator',
    ask: ({ authenticationString, signal }) =>
      new Promise((answer) => questions.push({ digits: authenticationString, signal, answer })),
  });
  const needed = (authenticationString: string) =>
    listener({
      event: 'pairing.confirmationNeeded',
      sessionId: SESSION,
      authenticationString,
      peer: PEER,
      renews: null,
    });
  const open = () => questions.filter(({ signal }) => !signal.aborted).map(({ digits }) => digits);
  return { out, err, requests, questions, following, needed, open, tell: (told: HostEvent) => listener(told) };
};

describe('a session in which nobody is asked', () => {
  const proven = { event: 'pairing.peerProven', sessionId: SESSION, role: 'joiner', peer: PEER } as const;

  it('shows the digits all the same, for the person at the other device', () => {
    const { tell, err } = arrange();
    tell({ ...proven, authenticationString: '123456', mustDecide: false });
    expect(err).toEqual(['"phone" has the code. This device shows 123 456.\n']);
  });

  it('prints them for programs', () => {
    const { tell, out } = arrange(true);
    tell({ ...proven, authenticationString: '123456', mustDecide: false });
    expect(out.map((line) => JSON.parse(line))).toEqual([
      { event: 'proven', authenticationString: '123456', peer: PEER },
    ]);
  });

  it('does not say what the question will', () => {
    const { tell, out, err } = arrange();
    tell({ ...proven, authenticationString: '123456', mustDecide: true });
    expect([out, err]).toEqual([[], []]);
  });
});

describe('a local network that is no way', () => {
  const problem = { code: 'portTaken', reason: 'Another program keeps the port', remedy: 'end it' } as const;
  const withStatus = (mdns: HostStatus['network']['mdns'], isJson = false) => {
    const arranged = arrange(isJson, { status: { network: { mdns } } });
    const ended = arranged.following.outcome(() => SESSION);
    return { ...arranged, ended };
  };

  it('is told at once, with the reason and what to do', async () => {
    const { err } = withStatus({ state: 'failing', problem });
    await settle();
    expect(err.join('')).toMatch(/do not find each other .*\. Another program keeps the port; end it\.\n$/);
  });

  it('is told to programs, when it turns out to be so, and once', async () => {
    const { out, tell } = withStatus({ state: 'works', problem: null }, true);
    await settle();
    expect(out).toEqual([]);
    tell({ event: 'discovery.healthChanged', problem: 'Nothing comes back; look.' });
    tell({ event: 'discovery.healthChanged', problem: 'Nothing comes back; look.' });
    expect(out.map((line) => JSON.parse(line))).toEqual([
      { event: 'localNetworkFailing', message: expect.stringMatching(/ Nothing comes back; look\.$/) },
    ]);
    const [schema] = COMMAND_OUTPUTS.pair?.filter((each) => each.safeParse(JSON.parse(out[0] ?? '')).success) ?? [];
    expect(schema).toBeDefined();
  });
});

describe('the question whether both devices show the same', () => {
  it('is answered for the digits it was about', async () => {
    const { needed, questions, requests } = arrange();
    needed('111111');
    questions[0]?.answer(true);
    await settle();
    expect(requests).toEqual([['decide', { sessionId: SESSION, accept: true, authenticationString: '111111' }]]);
  });

  it('gives way to the one about a later handshake', () => {
    const { needed, open } = arrange();
    needed('111111');
    needed('222222');
    expect(open()).toEqual(['222222']);
  });

  it.each([true, false])('that gave way decides nothing, whatever the answer (%s)', async (answer) => {
    const { needed, questions, requests } = arrange();
    needed('111111');
    needed('222222');
    questions[0]?.answer(answer);
    await settle();
    expect(requests).toEqual([]);
  });

  it('ends with the session, so that the command can', async () => {
    const { needed, tell, following, open } = arrange();
    needed('111111');
    const failure = { code: 'CANCELLED', reason: 'Cancelled there.', attempts: [], circumstance: null } as const;
    tell({ event: 'pairing.failed', sessionId: SESSION, role: 'initiator', ...failure });
    await following.outcome(() => SESSION);
    expect(open()).toEqual([]);
  });
});
