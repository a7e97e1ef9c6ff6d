import { brandAs, type DeviceId, type RelayReport, type RelayUrl } from '@bowline/contracts';
import { initiatorMachine, joinerMachine } from '@bowline/pairing-state-machine';
import { fakeClock } from '@bowline/testing';
import { describe, expect, it, test } from 'vitest';
import { devicesPage } from '../src/commands/devices.ts';
import { summarySentence } from '../src/commands/ping.ts';
import { answerPage } from '../src/commands/relay.ts';
import { peopleOf } from '../src/commands/serve.ts';
import { startNotes } from '../src/commands/up.ts';
import { byteCountOf } from '../src/output/byte-count.ts';
import { cutToWidth, displayWidth } from '../src/output/display-width.ts';
import { lastHeardAtMs } from '../src/output/json-shapes.ts';
import { optionSentence } from '../src/output/option-names.ts';
import { linkDownPhrase, relayDownAdvice } from '../src/output/phrases.ts';
import { progressOn } from '../src/output/progress.ts';
import { PAIRING_STATES } from '../src/output/sentences.ts';
import { nameNote, shownName } from '../src/output/shown-name.ts';
import { lookOf, PLAIN_LOOK } from '../src/output/terminal-look.ts';
import { relativeTime } from '../src/output/times.ts';
import { readSmallFile } from '../src/relay-host/small-file.ts';
import { suggestedUrl } from '../src/relay-host/suggested-url.ts';

describe('a time', () => {
  const NOW_MS = Date.parse('2026-11-29T12:00:00Z');

  it.each([
    [0, 'just now'],
    [-5_000, 'just now'],
    [1_000, '1 second ago'],
    [59_999, '59 seconds ago'],
    [60_000, '1 minute ago'],
    [7_200_000, '2 hours ago'],
    [86_400_000 * 3, '3 days ago'],
    [86_400_000 * 40, 'on 2026-10-20'],
  ])('%i ms ago is "%s"', (agoMs, sentence) => {
    expect(relativeTime(NOW_MS - agoMs, NOW_MS)).toBe(sentence);
  });
});

describe('when a device was last heard', () => {
  it('is now while it is connected', () => {
    expect(lastHeardAtMs({ lastSeenAtMs: 5 }, { state: 'connected', sinceMs: 1_000 }, 9_000)).toBe(9_000);
  });

  it('is when it went, and not when it came', () => {
    expect(lastHeardAtMs({ lastSeenAtMs: 5 }, { state: 'offline', sinceMs: 1_000 }, 9_000)).toBe(1_000);
  });

  it('is what the store says before the first contact, and while it is dialled', () => {
    expect(lastHeardAtMs({ lastSeenAtMs: 5 }, { state: 'offline', sinceMs: null }, 9_000)).toBe(5);
    expect(lastHeardAtMs({ lastSeenAtMs: 5 }, { state: 'connecting', sinceMs: 8_000 }, 9_000)).toBe(5);
    expect(lastHeardAtMs({ lastSeenAtMs: null }, undefined, 9_000)).toBeNull();
  });
});

describe('the list of devices', () => {
  const device = { id: brandAs<never>('d-0123456789abcdef'), platform: 'linux', lastSeenAtMs: 0, isConnected: false };

  it('has heads, relative times, and a name that looks like an id in quotes', () => {
    const page = devicesPage(
      [
        { ...device, name: 'd-hdw4' },
        { ...device, name: 'nas', isConnected: true },
      ],
      60_000,
      PLAIN_LOOK,
    );
    expect(page).toMatch(
      /^Name +Id +Platform +Last seen\n"d-hdw4" +d-0123456789abcdef +linux +1 minute ago\nnas .* connected$/,
    );
  });

  it('fits the terminal, whatever a device is called', () => {
    const page = devicesPage([{ ...device, name: '居間のとても長い名前のパソコン'.repeat(4) }], 0, {
      ...PLAIN_LOOK,
      columns: 60,
    });
    for (const line of page.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(60);
  });
});

test('a look is plain where there is no terminal', () => {
  expect(lookOf({ isTTY: false, columns: 80 } as NodeJS.WriteStream)).toEqual(PLAIN_LOOK);
  const terminal = { isTTY: true, columns: 80, rows: 24, hasColors: () => true } as unknown as NodeJS.WriteStream;
  expect(lookOf(terminal)).toEqual({ columns: 80, rows: 24, hasColors: true });
});

test('a text is cut by what is shown, with an ellipsis', () => {
  expect(cutToWidth('居間のPC', 6)).toBe('居間…');
  expect(cutToWidth('nas', 3)).toBe('nas');
  expect(displayWidth('\u001b[32mCafe\u0301\u001b[39m')).toBe(4);
});

describe('progress', () => {
  const arrange = (isTTY: boolean, isQuiet = false) => {
    const clock = fakeClock();
    const written: string[] = [];
    return { clock, written, progress: progressOn({ isTTY, write: (text) => written.push(text) }, clock, isQuiet) };
  };

  it('says what is waited for and how long, and goes without a trace', async () => {
    const { clock, written, progress } = arrange(true);
    progress.say('Looking\u001b[2J');
    await clock.advance(2_600);
    expect(written.at(-1)?.startsWith('\r\u001b[2K')).toBe(true);
    expect(written.at(-1)).toContain(' Looking\\u001b[2J (2 s)');
    progress.stop();
    expect(written.at(-1)).toBe('\r\u001b[2K');
    const count = written.length;
    await clock.advance(5_000);
    expect(written).toHaveLength(count);
  });

  it('shows nothing of what is over at once, in a log, or to programs', async () => {
    for (const { clock, written, progress } of [arrange(true), arrange(false), arrange(true, true)]) {
      progress.say('Looking');
      await clock.advance(300);
      progress.stop();
      await clock.advance(5_000);
      expect(written).toEqual([]);
    }
  });
});

describe('a size', () => {
  it.each([
    ['1G', 1_000_000_000],
    ['5GiB', 5_368_709_120],
    ['500MB', 500_000_000],
    ['1.5 kb', 1_500],
    ['2Ki', 2_048],
    ['1000', 1_000],
    ['0,5 T', 500_000_000_000],
  ])('may be written %s', (text, bytes) => {
    expect(byteCountOf('--total', text)).toBe(bytes);
  });

  it.each(['', 'G', '1X', '1GBB', '-1', '0', '1e3', '9999999T'])('is not %j', (text) => {
    expect(() => byteCountOf('--total', text)).toThrow('such as 500MB, 2G or 5GiB');
  });
});

describe('ping', () => {
  it('sums up, also what was lost', () => {
    expect(summarySentence({ sent: 4, rttsMs: [1, 2, 4.5], path: 'direct' })).toBe(
      '4 sent, 3 answered (25 % lost); 1 ms at least, 2.5 ms on average, 4.5 ms at most; last directly.',
    );
    expect(summarySentence({ sent: 2, rttsMs: [], path: null })).toBe('2 sent, 0 answered (100 % lost).');
  });
});

describe('up', () => {
  const relay = (state: RelayReport['state'], downReason: RelayReport['downReason']): RelayReport => ({
    url: brandAs('https://r/'),
    state,
    downReason,
    rttMs: null,
    role: 'home',
  });

  it('says which relays it starts without, why, and what helps', () => {
    expect(startNotes([relay('connected', null), relay('down', 'auth')])).toEqual([
      'Without https://r/ for now: it does not admit this device; set BOWLINE_RELAY_TOKEN, or have its owner allow this endpoint.',
    ]);
    expect(startNotes([relay('down', 'dns'), relay('down', 'dns')]).at(-1)).toMatch(/^No relay can be used yet/);
    expect(startNotes([relay('connecting', null)])).toEqual([]);
    expect(startNotes([relay('down', 'noNetwork'), relay('down', 'noNetwork')])).toEqual([
      'This device is on no network: no other device can reach it until it is connected to one.',
    ]);
  });
});

describe('names of the inside', () => {
  it.each([
    ['initiator', initiatorMachine],
    ['joiner', joinerMachine],
  ] as const)('of the states of the %s have words', (_role, machine) => {
    const names = [...Object.keys(machine.states.live?.states ?? {}), 'completed', 'failed'];
    expect(names.length).toBeGreaterThan(7);
    expect(names.filter((name) => PAIRING_STATES[name] === undefined)).toEqual([]);
  });

  it('do not tell why a file of a relay cannot be read', async () => {
    await expect(readSmallFile('--tls-cert', '/nowhere/at/all')).rejects.toThrow(
      '--tls-cert: /nowhere/at/all is not there.',
    );
    await expect(readSmallFile('--tls-cert', '/')).rejects.toThrow('--tls-cert: / is a folder, not a file.');
  });

  it('reach no person', () => {
    for (const reason of [
      'dns',
      'tcp',
      'tls',
      'http',
      'auth',
      'version',
      'protocol',
      'timeout',
      'noRoute',
      'unavailable',
      'closed',
      'displaced',
      'contested',
    ] as const) {
      expect(relayDownAdvice(reason)).toMatch(/^\S+ .* \S+$/);
    }
    expect(linkDownPhrase('closedHere')).toBe('this device closed the connection');
    expect(optionSentence('Option "relay.urls" must hold relay URLs; received "x".', 'relay.urls')).toBe(
      'A relay must hold relay URLs; received "x".',
    );
  });
});

describe('relays that were chosen', () => {
  it('say which of them answers, and what may help where none does', () => {
    const answers = [
      { url: brandAs<RelayUrl>('https://a/'), rttMs: 12, problem: null },
      { url: brandAs<RelayUrl>('https://b/'), rttMs: null, problem: 'portClosed: ECONNREFUSED' },
      { url: brandAs<RelayUrl>('https://c/'), rttMs: null, problem: 'odd: of another Bowline' },
    ];
    expect(answerPage(['https://a', 'https://b', 'https://c'], answers).split('\n')).toEqual([
      'Relays: https://a, https://b, https://c.',
      '  https://a/  answers in 12 ms',
      '  https://b/  is not there now: nothing listens at its address; see that the relay runs, and check the port. It is tried again and again',
      '  https://c/  is not there now: odd: of another Bowline. It is tried again and again',
    ]);
  });
});

describe('who may use a service', () => {
  it('is told by name, as far as the devices are known', () => {
    const nas = { id: brandAs<DeviceId>('d-0123456789abcdef'), name: 'nas' };
    expect(peopleOf(['*'], [nas])).toBe('every paired device');
    expect(peopleOf([nas.id, 'd-gone'], [nas])).toBe('nas, d-gone');
  });
});

describe('a name', () => {
  it('that could be an id stands in quotes', () => {
    expect([shownName('d-hdw4'), shownName('nas')]).toEqual(['"d-hdw4"', 'nas']);
  });

  it('that was cut is said, with what a character is', () => {
    expect(nameNote('x'.repeat(65), 'x'.repeat(64))).toMatch(/^A name has at most 64 characters \(Unicode code points/);
    expect(nameNote('Cafe\u0301', 'Café')).toBeNull();
    expect(nameNote('a\u202eb', 'ab')).toMatch(/were left out: ab$/);
  });
});

describe('the address of a relay for others', () => {
  const lan = {
    lo: [{ address: '127.0.0.1', family: 'IPv4', internal: true }],
    eth0: [
      { address: 'fe80::1', family: 'IPv6', internal: false },
      { address: '2001:db8::5', family: 'IPv6', internal: false },
      { address: '192.168.1.5', family: 'IPv4', internal: false },
    ],
  } as unknown as NodeJS.Dict<never[]>;
  const url = 'http://127.0.0.1:3340';

  it.each([
    [{ url, bind: '::', names: [] }, 'http://192.168.1.5:3340'],
    [{ url, bind: '127.0.0.1', names: [] }, url],
    [{ url: 'https://127.0.0.1', bind: '0.0.0.0', names: ['*.example', 'relay.example'] }, 'https://relay.example'],
    [{ url: 'https://127.0.0.1:8443', bind: '::', names: ['2001:db8::5'] }, 'https://[2001:db8::5]:8443'],
  ])('of %j is %s', (listening, suggested) => {
    expect(suggestedUrl(listening, lan)).toBe(suggested);
  });
});
