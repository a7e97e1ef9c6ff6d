import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import axe from 'axe-core';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { runningRelay } from '../../../packages/relay-server/test/running-relay.ts';
import { serveMachinesPage } from '../../../tools/machines-page.ts';
import { MAX_STREAMS } from '../src/page-sessions.ts';
import { pairHosts, startedHost, startedInspector } from './inspected-pair.ts';
import { PLAYED_RELAY, playedHost } from './played-host.ts';

/** Debian's package; no browser is downloaded. */
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

const SWITCHES = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  // A camera that shows a moving pattern.
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Where the screenshots of the guide stand; they are taken when asked for, so that a test run changes no file. */
const screenshotPath = (name: string): string =>
  fileURLToPath(new URL(`../../../docs/inspector/${name}.png`, import.meta.url));

/** Longest time for which a machine that was busy is said to be so, and is looked at again. */
const BUSY_FOR_MS = 150_000;

/** Round trips on one machine that has nothing else to do stay well below it. */
const USUAL_ROUND_TRIP_MS = 10;

/** The line of the round trips of a device, once it is more than a point. */
const lineOf = (page: Page, device: string): Locator =>
  page.getByRole('article', { name: device, exact: true }).locator('.sparkline path[d*="L"]');

/**
 * What stands where it does not belong on the first cards: beyond the page or its own place, over what stands beside it, or from
 * right to left where it is no name.
 */
const MISPLACED = `(() => {
  const found = [];
  const boxOf = (element) => element.getBoundingClientRect();
  const isOver = (one, other) =>
    one.left < other.right - 0.5 && other.left < one.right - 0.5 && one.top < other.bottom - 0.5 && other.top < one.bottom - 0.5;
  if (document.documentElement.scrollWidth > innerWidth) found.push('the page is too wide');
  for (const card of [...document.querySelectorAll('.card')].slice(0, 6)) {
    card.scrollIntoView();
    const places = [...card.querySelectorAll('h3, header .state, dt, dd, .sparkline, .why, footer > *')];
    for (const [index, place] of places.entries()) {
      if (boxOf(place).right > innerWidth) found.push('too wide: ' + place.textContent);
      if (place.scrollWidth > place.clientWidth + 1 && place.clientWidth > 0) found.push('cut off: ' + place.textContent);
      for (const other of places.slice(index + 1)) {
        if (isOver(boxOf(place), boxOf(other))) found.push(place.textContent + ' over ' + other.textContent);
      }
    }
    const state = card.querySelector('header .state').firstChild;
    const at = (from) => {
      const range = document.createRange();
      range.setStart(state, from);
      range.setEnd(state, from + 1);
      return range.getBoundingClientRect().left;
    };
    if (at(0) >= at(state.length - 1)) found.push('from right to left: ' + state.textContent);
  }
  scrollTo(0, 0);
  return found;
})()`;

/** What the keyboard acts upon. */
const FOCUSED = `(document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent).replace(/[\u2066-\u2069]/g, '')`;

const isMissing = !existsSync(CHROMIUM);
if (isMissing && process.env.CI === 'true') throw new Error(`${CHROMIUM} is missing: install the package chromium`);

describe.skipIf(isMissing)('the inspector in a browser (needs chromium)', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: SWITCHES });
  });
  afterAll(() => browser.close());

  const openPage = async (url: string, options: Parameters<Browser['newPage']>[0] = {}): Promise<Page> => {
    const page = await browser.newPage({ viewport: { width: 1_100, height: 700 }, ...options });
    onTestFinished(() => page.close());
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    onTestFinished(() => expect(complaints).toEqual([]));
    await page.goto(url);
    return page;
  };

  const expectAccessible = async (page: Page): Promise<void> => {
    // The page's own policy keeps scripts out; the test's come by the debugger.
    const violations = await page.evaluate(
      `${axe.source}; axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' | ')))`,
    );
    expect(violations).toEqual([]);
  };

  it('shows a device as it is, and what becomes of it', async () => {
    const [laptop, nas] = [await startedHost('laptop'), await startedHost('nas')];
    await pairHosts(laptop, nas);
    const { openUrl } = await startedInspector(laptop);
    const page = await openPage(openUrl());
    const card = page.getByRole('article', { name: 'nas' });
    await card.getByText('connected', { exact: true }).waitFor();
    await card.getByText('direct', { exact: true }).waitFor();
    await card
      .getByText(/^[1-9][0-9.]* k?B received$/)
      .first()
      .waitFor();
    await page.getByText('Bytes are counted since this device started', { exact: false }).waitFor();
    expect(page.url()).not.toContain('#');
    await expectAccessible(page);
    await nas.stop();
    await card.getByText('offline', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Events' }).click();
    await page.getByText('device.disconnected').waitFor();
    // Of the time before the page was opened the journal tells.
    const before = page.getByRole('list', { name: 'Before this page was opened' });
    await before.getByText('pairing.completed').waitFor();
    await expectAccessible(page);
  });

  it('says why a device is connected as it is, and how its last day was', async () => {
    const [laptop, nas] = [await startedHost('laptop'), await startedHost('nas')];
    await pairHosts(laptop, nas);
    await nas.serve('photos', { port: 9 }, { allow: 'paired' });
    const folder = mkdtempSync(join(tmpdir(), 'bowline-received-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    await nas.receive({ dir: folder });
    const page = await openPage((await startedInspector(laptop)).openUrl());
    const card = page.getByRole('article', { name: 'nas' });
    await card.getByRole('button', { name: 'Why?' }).click();
    await card.getByText('nas is connected directly: it runs on this machine.').waitFor();
    await card.getByText('address is', { exact: true }).waitFor();
    await card.getByText('of this machine', { exact: true }).waitFor();
    // What is served for pushes has one name here, however many versions of it there are.
    await card.getByText('It serves: photos, files that are pushed.').waitFor();
    await card.getByRole('img', { name: /^The last day of nas: .*direct/ }).waitFor();
    await expectAccessible(page);
    await nas.stop();
    await card.getByText('nas is not connected: it was shut down in order, and has not been heard since.').waitFor();
    await card.getByText('Switch the other device on', { exact: false }).waitFor();
    await card.getByText('It has been away since', { exact: false }).waitFor();
    await expectAccessible(page);
  });

  it('chooses relays of one’s own with their token, pins one, and gives the command that does the same', async () => {
    const laptop = await startedHost('laptop');
    await using first = await runningRelay({ access: { tokens: ['token-of-the-relay'] } });
    const [url, other] = [first.url.replace(/\/$/, ''), 'http://127.0.0.1:9'];
    const page = await openPage((await startedInspector(laptop)).openUrl());
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Relays' }).click();
    await page.getByLabel('My own, up to 8').fill(`${url}\n${other}`);
    await page.getByLabel('What they ask their users for').fill('token-of-the-relay');
    await page.getByLabel('The first one is home').check();
    await page.getByText('put it into BOWLINE_RELAY_TOKEN').waitFor();
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Copy as a command' }).click();
    const command = `bowline relay pin ${url} ${other}`;
    await page.getByText(`Copied: ${command}`, { exact: true }).waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(command);
    await page.getByLabel('They tell devices their address').check();
    await page.getByTitle(`bowline relay pin '${url}#quic' '${other}#quic'`).waitFor();
    await page.getByLabel('They tell devices their address').uncheck();
    const limits = page.getByRole('form', { name: 'Limits of a day through relays' });
    await limits.getByLabel('Each device').fill('1');
    await limits.getByRole('button', { name: 'Set the limits' }).click();
    await page.getByText('The limit of each device is too small', { exact: false }).waitFor();
    await limits.getByLabel('Each device').fill('500MB');
    await page.getByTitle('bowline relay budget --per-device 500MB --total none').waitFor();
    await limits.getByRole('button', { name: 'Set the limits' }).click();
    await page.getByText('Set. Through relays: 500 MB a day for each device, no limit in all.').waitFor();
    expect((await laptop.traffic()).budget).toEqual({ peerBytesPerDay: 500_000_000, totalBytesPerDay: null });
    await limits.getByRole('button', { name: 'Lift both' }).click();
    await page.getByText('Set. Through relays: no limit for each device, no limit in all.').waitFor();
    expect((await laptop.traffic()).budget).toBeNull();
    await page.getByRole('button', { name: 'Use them' }).click();
    await page.getByText('Chosen, but 127.0.0.1:9', { exact: false }).waitFor();
    await page.getByText(`Why ${new URL(url).host} is home: `, { exact: false }).waitFor();
    const { relays } = await laptop.status();
    expect(relays).toMatchObject([
      { url: `${url}/`, role: 'home', state: 'connected' },
      { url: `${other}/`, role: 'standby' },
    ]);
    expect(await page.content()).not.toContain('token-of-the-relay');
  });

  it('shows how the machines move while it is looked, and plays a recording', async () => {
    const [laptop, nas] = [await startedHost('laptop'), await startedHost('nas')];
    const page = await openPage((await startedInspector(laptop)).openUrl());
    await page.getByRole('button', { name: 'Machines', exact: true }).click();
    await page.getByRole('img', { name: /^The machine initiator; no session/ }).waitFor();
    await pairHosts(laptop, nas);
    const moves = page.getByRole('list', { name: 'Transitions, the last first' });
    await moves.getByText('initiator').filter({ hasText: 'joiner.proven' }).waitFor();
    await moves.getByText('completed').first().waitFor();
    await page.getByRole('button', { name: /^link/ }).click();
    await page.getByRole('img', { name: 'The machine link; connected: 1' }).waitFor();
    await expectAccessible(page);

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save as a recording' }).click(),
    ]);
    const recording = await download.path();
    await nas.stop();
    await page.getByRole('img', { name: 'The machine link; offline: 1' }).waitFor();
    await page.getByLabel('Open a recording').setInputFiles(recording);
    await page.getByRole('button', { name: 'One on' }).click();
    await page.getByText(/^1 of \d+$/).waitFor();
    await page.getByRole('button', { name: 'Live', exact: true }).click();
    // The same file can be opened again.
    expect(await page.getByLabel('Open a recording').inputValue()).toBe('');
    await page.getByRole('button', { name: 'Devices', exact: true }).click();
  });

  it('runs both pairing machines against each other without a device', async () => {
    const { url, close } = await serveMachinesPage(0);
    onTestFinished(close);
    const page = await openPage(url);
    const initiator = page.getByRole('group', { name: /^The initiator/ });
    const joiner = page.getByRole('group', { name: /^The joiner/ });
    await page.getByRole('group', { name: 'The initiator: live.confirming' }).waitFor();
    await initiator.getByRole('button', { name: 'decision.made' }).click();
    await joiner.getByRole('button', { name: 'decision.made' }).click();
    await page.getByRole('group', { name: 'The initiator: completed' }).waitFor();
    await page.getByRole('group', { name: 'The joiner: completed' }).waitFor();
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Begin anew' }).click();
    await initiator.getByRole('button', { name: 'session.cancelled' }).click();
    await page.getByRole('group', { name: 'The initiator: failed' }).waitFor();
  });

  it('is opened by a file that leads there, so that no process has the link among its arguments', async () => {
    const laptop = await startedHost('laptop');
    const { openUrl, url } = await startedInspector(laptop);
    const folder = mkdtempSync(join(tmpdir(), 'bowline-inspector-link-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'link.html');
    writeFileSync(file, `<meta http-equiv="refresh" content="0;url=${openUrl()}">`);
    const page = await openPage(pathToFileURL(file).href);
    await page.getByRole('heading', { name: 'laptop' }).waitFor();
    expect(page.url()).toBe(url);
  });

  it('pairs two devices on two pages, by words and digits', async () => {
    const [laptop, nas] = [await startedHost('laptop'), await startedHost('nas')];
    const [initiator, joiner] = await Promise.all(
      [laptop, nas].map(async (host) => {
        const page = await openPage((await startedInspector(host)).openUrl());
        await page.getByRole('button', { name: 'Pair' }).click();
        return page;
      }),
    );
    if (initiator === undefined || joiner === undefined) throw new Error('two pages were opened');
    await initiator.getByRole('button', { name: 'Show words and QR code' }).click();
    await initiator.getByRole('img', { name: 'The ticket as a QR code' }).waitFor();
    await expectAccessible(initiator);
    const words = await initiator.locator('.words li').allTextContents();
    expect(words).toHaveLength(12);
    await joiner.getByLabel('Its twelve words, or its ticket').fill(words.join(' '));
    await joiner.getByRole('button', { name: 'Join' }).click();
    const digits = await initiator.locator('.digits').textContent();
    expect(await joiner.locator('.digits').textContent()).toBe(digits);
    await expectAccessible(joiner);
    await Promise.all([initiator, joiner].map((page) => page.getByRole('button', { name: 'Yes, pair' }).click()));
    await initiator.getByText('Paired with nas.').waitFor();
    await joiner.getByText('Paired with laptop.').waitFor();
  });

  it('completes the words of a code, and ends a session that is under way', async () => {
    const laptop = await startedHost('laptop');
    const page = await openPage((await startedInspector(laptop)).openUrl());
    await page.getByRole('button', { name: 'Pair', exact: true }).click();
    const field = page.getByLabel('Its twelve words, or its ticket');
    await field.pressSequentially('coco');
    const offered = page.getByRole('region', { name: 'Words that begin so' });
    await offered.getByRole('button', { name: 'coconut' }).waitFor();
    await expectAccessible(page);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expect.poll(() => field.inputValue()).toBe('coconut ');
    await page.keyboard.type('lens steel cross roof seat obtain inner delay roast pool around');
    await page.getByRole('button', { name: 'Join', exact: true }).press('Enter');
    await page.getByText('Looking for the other device…').waitFor();
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Cancel' }).press('Enter');
    await page.getByText('Cancelled.').waitFor();
    await page.getByRole('button', { name: 'Show words and QR code' }).press('Enter');
    // What was pressed is gone, and the keyboard is where it was, not at the beginning of the page.
    await page.getByRole('button', { name: 'Cancel' }).waitFor();
    await expect.poll(() => page.evaluate(FOCUSED)).toBe('Pair');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('Cancelled.').waitFor();
    await field.waitFor();
    await expect.poll(() => page.evaluate(FOCUSED)).toBe('Pair');
    // What was said of a pairing does not stand over the devices.
    await page.getByRole('button', { name: 'Devices', exact: true }).press('Enter');
    await page.getByText('Cancelled.').waitFor({ state: 'detached' });
  });

  it('asks for one session however often it is pressed, and says that one it heard nothing more of is over', async () => {
    const laptop = await startedHost('laptop');
    const page = await openPage('about:blank');
    await page.clock.install();
    const asked = Promise.withResolvers<void>();
    let pairs = 0;
    await page.route('**/api/do/pair', async (route) => {
      pairs += 1;
      await asked.promise;
      await route.continue();
    });
    await page.goto((await startedInspector(laptop)).openUrl());
    await page.getByRole('button', { name: 'Pair', exact: true }).click();
    const show = page.getByRole('button', { name: 'Show words and QR code' });
    await show.press('Enter');
    await show.press('Enter');
    asked.resolve();
    await page.getByRole('button', { name: 'Cancel' }).waitFor();
    expect(pairs).toBe(1);
    const isSaid = async (): Promise<boolean> => {
      await page.clock.runFor(30_000);
      return page
        .getByText('The device was not heard any more, and the pairing has ended.', { exact: false })
        .isVisible();
    };
    await expect.poll(isSaid, { timeout: 20_000 }).toBe(true);
    await show.waitFor();
  });

  it('says when the device has said nothing for too long, and when it does again', async () => {
    const page = await openPage('about:blank');
    await page.clock.install();
    await page.goto((await startedInspector(playedHost(1).host)).openUrl());
    const card = page.getByRole('article', { name: 'device 0' });
    await card.waitFor();
    // Who opens the page begins at its beginning.
    expect(await page.evaluate('document.activeElement === document.body')).toBe(true);
    await page.clock.runFor(20_000);
    expect(await page.getByRole('alert').count()).toBe(0);
    // It is asked again, and does not answer until later.
    const answers = Promise.withResolvers<void>();
    await page.route('**/api/events', async (route) => {
      await answers.promise;
      await route.continue().catch(() => undefined);
    });
    await page.clock.runFor(26_000);
    await page.getByText('The device does not answer. It is asked again', { exact: false }).waitFor();
    answers.resolve();
    await page.getByText('The device does not answer.', { exact: false }).waitFor({ state: 'detached' });
    await card.getByRole('button', { name: 'Unpair…' }).press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(FOCUSED)).toBe('Unpair device 0');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(FOCUSED)).toBe('Unpair…');
  });

  it('says when it is one page too many, and goes on once another one is closed', async () => {
    const { openUrl } = await startedInspector(playedHost(1).host);
    const others = await Promise.all(Array.from({ length: MAX_STREAMS }, () => openPage(openUrl())));
    await Promise.all(others.map((page) => page.getByRole('article', { name: 'device 0' }).waitFor()));
    // What a page asks for still comes through beside the streams of them all.
    await others[0]?.getByRole('button', { name: 'Events', exact: true }).click();
    await others[0]?.getByText('Nothing that was noted.').waitFor();
    const last = await browser.newPage();
    onTestFinished(() => last.close());
    await last.goto(openUrl());
    await last.getByText('Too many pages of this device are open; close one of them.', { exact: false }).waitFor();
    await others[0]?.goto('about:blank');
    await last.getByRole('article', { name: 'device 0' }).waitFor();
  });

  it('joins by a QR code that the camera sees, where the browser reads them', async () => {
    const [laptop, nas] = [await startedHost('laptop'), await startedHost('nas')];
    const { ticket, paired } = await laptop.pair({ policy: 'accept' });
    const context = await browser.newContext({ permissions: ['camera'] });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    // Chromium reads bar codes on systems that do; on Linux the page is given a reader that sees the ticket.
    await page.addInitScript(`globalThis.BarcodeDetector = class {
      detect = async (video) => (video.videoWidth > 0 ? [{ rawValue: ${JSON.stringify(ticket)} }] : []);
    };`);
    await page.goto((await startedInspector(nas)).openUrl());
    await page.getByRole('button', { name: 'Pair' }).click();
    await page.getByRole('button', { name: 'Scan its QR code' }).click();
    await page.locator('.digits').first().waitFor();
    await page.getByRole('button', { name: 'Yes, pair' }).click();
    await page.getByText('Paired with laptop.').waitFor();
    await paired;
  });

  it('asks about a device whose digits came before the answer that its session began', async () => {
    const [laptop, nas] = [await startedHost('laptop'), await startedHost('nas')];
    const { ticket, paired } = await laptop.pair({ policy: 'accept' });
    const page = await openPage((await startedInspector(nas)).openUrl());
    const asked = new Promise((resolve) => void nas.on('pairing.confirmationNeeded', resolve));
    const isHeard = Promise.withResolvers<void>();
    await page.exposeFunction('digitsAreHeard', () => isHeard.resolve());
    // The page looks at what it hears as it comes: once this text was decoded, its events are noted.
    await page.evaluate(`{
      const decode = TextDecoder.prototype.decode;
      TextDecoder.prototype.decode = function (...given) {
        const text = decode.apply(this, given);
        if (text.includes('confirmationNeeded')) setTimeout(() => globalThis.digitsAreHeard());
        return text;
      };
    }`);
    await page.route('**/api/do/join', async (route) => {
      const response = await route.fetch();
      await Promise.all([asked, isHeard.promise]);
      await route.fulfill({ response });
    });
    await page.getByRole('button', { name: 'Pair' }).click();
    await page.getByLabel('Its twelve words, or its ticket').fill(ticket);
    await page.getByRole('button', { name: 'Join', exact: true }).click();
    await page.getByRole('button', { name: 'Yes, pair' }).click();
    await page.getByText('Paired with laptop.').waitFor();
    await paired;
  });

  it('offers no camera where the browser reads no codes', async () => {
    const page = await openPage((await startedInspector(await startedHost('laptop'))).openUrl());
    await page.getByRole('button', { name: 'Pair' }).click();
    await page.getByRole('button', { name: 'Join' }).waitFor();
    expect(await page.getByRole('button', { name: 'Scan its QR code' }).count()).toBe(0);
  });

  it('fits a telephone, in the dark, by keyboard', async () => {
    const host = await startedHost('laptop');
    const { openUrl } = await startedInspector(host);
    const page = await openPage(openUrl(), { viewport: { width: 360, height: 640 }, colorScheme: 'dark' });
    for (const name of ['Devices', 'Relays', 'Pair', 'Machines', 'Events']) {
      await page.getByRole('button', { name, exact: true }).press('Enter');
      await page.getByRole('heading', { name, level: 2 }).waitFor();
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
      await expectAccessible(page);
    }
  });

  it('draws the line of what comes into sight while the browser is busy, and tells both at once', async () => {
    const page = await openPage('about:blank');
    await page.addInitScript(`globalThis.IntersectionObserver = class extends IntersectionObserver {
      constructor(note, options) {
        super((changes, observer) => note([{ isIntersecting: false }, ...changes], observer), options);
      }
    };`);
    await page.goto((await startedInspector(playedHost(1).host)).openUrl());
    await lineOf(page, 'device 0').waitFor({ state: 'attached' });
  });

  it('draws two hundred devices, and tells what comes of a login that is dropped', async () => {
    const names = [
      'של דנה',
      'nas\u202edetcennoc\u2069 is',
      '\u0301\u0302',
      'W'.repeat(64),
      'e\u0301\u0302\u0303\u0304'.repeat(12),
    ];
    const { host, tell } = playedHost(200, names);
    const page = await openPage((await startedInspector(host)).openUrl());
    await page.getByRole('article', { name: 'device 199', exact: true }).waitFor();
    expect(await page.getByRole('article').count()).toBe(200);
    // As at twice the size on a small screen.
    await page.setViewportSize({ width: 320, height: 640 });
    await page.getByRole('button', { name: 'Unpair…' }).first().click();
    await page.getByRole('button', { name: 'Unpair \u2068של דנה\u2069' }).waitFor();
    expect(await page.evaluate(MISPLACED)).toEqual([]);
    await page.getByRole('img', { name: 'Round trips of nasdetcennoc is in the last two minutes' }).waitFor();
    await page.getByRole('article', { name: '\u25cc\u0301\u0302', exact: true }).waitFor();
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Relays', exact: true }).click();
    const drill = page.getByRole('region', { name: 'What came of it' });
    await page.getByRole('button', { name: 'Drop' }).click();
    await drill.getByText('It comes back by itself…').waitFor();
    const url = PLAYED_RELAY;
    tell({ event: 'relay.stateChanged', url, state: 'down', downReason: 'closed' });
    await drill.getByText('down: the connection to it ended').waitFor();
    await expectAccessible(page);
    tell({ event: 'relay.stateChanged', url, state: 'connected', downReason: null });
    await drill.getByText('It is connected again.').waitFor();
  });

  it('opens once by one link, and says what to do with a used one', async () => {
    const { openUrl, url } = await startedInspector(await startedHost('laptop'));
    const link = openUrl();
    const first = await openPage(link);
    await first.getByRole('heading', { name: 'laptop' }).waitFor();
    await first.reload();
    await first.getByRole('heading', { name: 'laptop' }).waitFor();
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const second = await context.newPage();
    await second.goto(link);
    await second.getByText('This link was used before').waitFor();
    await second.goto('about:blank');
    await second.goto(url);
    await second.getByText('opened without a link of its own').waitFor();
    // A new link works in the tab of an old one.
    await second.goto(openUrl());
    await second.getByRole('heading', { name: 'laptop' }).waitFor();
  });

  it('tells a page of another site nothing, whatever it tries', async () => {
    const { url, openUrl } = await startedInspector(await startedHost('laptop'));
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    const foreign = createServer((_, response) =>
      response.setHeader('content-type', 'text/html').end('<p>elsewhere</p>'),
    );
    onTestFinished(() => void foreign.close());
    await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve));
    await page.goto(`http://127.0.0.1:${(foreign.address() as AddressInfo).port}/`);
    const token = openUrl().split('#')[1];
    const outcomes = await page.evaluate(
      async ([target, oneTime]) => {
        const tries = [
          () => fetch(`${target}api/session`, { method: 'POST', body: JSON.stringify({ token: oneTime }) }),
          () =>
            fetch(`${target}api/session`, {
              method: 'POST',
              mode: 'no-cors',
              body: JSON.stringify({ token: oneTime }),
            }),
          () =>
            fetch(`${target}api/do/traffic`, { method: 'POST', headers: { authorization: 'Bearer x' }, body: '{}' }),
          () => fetch(target as string),
        ];
        return Promise.all(
          tries.map((attempt) =>
            attempt().then(
              ({ type, status }) => `${type} ${status}`,
              () => 'failed',
            ),
          ),
        );
      },
      [url, token] as const,
    );
    expect(outcomes).toEqual(['failed', 'failed', 'failed', 'failed']);
    const framed = await page.evaluate(`new Promise((resolve) => {
      const frame = document.createElement('iframe');
      frame.addEventListener('load', () => resolve(frame.contentDocument === null ? 'kept out' : 'let in'));
      frame.src = ${JSON.stringify(url)};
      document.body.append(frame);
    })`);
    expect(framed).toBe('kept out');
    // The link was not used up by what the foreign page sent with it.
    const own = await openPage(`${url}#${token}`);
    await own.getByRole('heading', { name: 'laptop' }).waitFor();
  });

  it.runIf(process.env.SCREENSHOTS === '1')(
    'is shown in the guide',
    async () => {
      const [laptop, nas, phone] = [await startedHost('laptop'), await startedHost('nas'), await startedHost('phone')];
      await pairHosts(laptop, nas);
      await pairHosts(laptop, phone);
      await phone.stop();
      const isDisturbed = async (): Promise<boolean> => {
        const { peers } = await laptop.status();
        if (peers.some(({ rttMs }) => rttMs !== null && rttMs > USUAL_ROUND_TRIP_MS)) return true;
        const diagnoses = await Promise.all(laptop.devices().map(({ id }) => laptop.explain(id)));
        return diagnoses.some(({ also }) => also.some(({ cause }) => cause === 'slow-busy' || cause === 'slow-jitter'));
      };
      const pages: (readonly [name: string, page: Page])[] = [];
      for (const colorScheme of ['light', 'dark'] as const) {
        const page = await openPage((await startedInspector(laptop)).openUrl(), { colorScheme });
        await page.getByRole('article', { name: 'phone' }).getByText('offline', { exact: true }).waitFor();
        for (const name of ['nas', 'phone'])
          await page.getByRole('article', { name }).getByRole('button', { name: 'Why?' }).click();
        await page.getByText('phone is not connected').first().waitFor();
        pages.push([`devices-${colorScheme}`, page]);
      }
      // Half the width of a line is a minute: there is one sample a second.
      const pointsOf = async (page: Page): Promise<number> =>
        ((await lineOf(page, 'nas').getAttribute('d')) ?? '').split('L').length;
      for (const [, page] of pages)
        await expect.poll(() => pointsOf(page), { timeout: BUSY_FOR_MS, interval: 1_000 }).toBeGreaterThan(60);
      // The pictures show the page, not how busy the machine was that took them: that goes within two minutes.
      await expect.poll(isDisturbed, { timeout: BUSY_FOR_MS, interval: 1_000 }).toBe(false);
      for (const [name, page] of pages) {
        await page.getByText('timers fire late').first().waitFor({ state: 'detached' });
        await page.screenshot({ path: screenshotPath(name), fullPage: true });
      }
    },
    2 * BUSY_FOR_MS,
  );
});
