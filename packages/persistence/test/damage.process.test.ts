import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { endpointIdNamed, pendingNamed, seededRandom } from '@bowline/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { freshDataDir } from './data-dirs.ts';
import {
  bitsOf,
  closedDataDir,
  cutFile,
  killedDataDir,
  type Opened,
  openAndRead,
  openIn,
  withCopy,
} from './support/damaged-store.ts';

/** Bits flipped in each of the two states here; the script in `tools` flips thousands. */
const FLIPS = 60;

let killed: string;
let closed: string;
beforeAll(async () => {
  killed = killedDataDir();
  closed = await closedDataDir();
});
afterAll(() => {
  for (const dataDir of [killed, closed]) rmSync(dirname(dataDir), { recursive: true });
});

/** Nothing is lost, or the error names the file, what is safe and the remedy. */
const expectNothingSilent = (opened: Opened, whole: string): void => {
  if (opened.outcome === 'opened') expect(opened.contents).toBe(whole);
  else {
    expect(opened.code).toMatch(/^STORE_/);
    expect(opened.message).toMatch(/safe/);
    expect(opened.message).toMatch(/put .*back|Put .*back/i);
    expect(opened.namesFile).toBe(true);
  }
};

const wholeOf = async (dataDir: string): Promise<string> => {
  const opened = await withCopy(dataDir, openAndRead);
  return opened.outcome === 'opened' ? opened.contents : expect.fail(opened.message);
};

describe('a store that was killed right after pairing', () => {
  it('is whole', async () => {
    expect(JSON.parse(await wholeOf(killed))).toMatchObject([
      { name: 'Laptop', incarnation: 2 },
      [{ name: 'NAS', incarnation: 4, lastReceived: { sequence: 6 }, note: 'in the cellar' }, { name: 'Phone' }],
      [{ endpointId: endpointIdNamed('Thief'), name: null }],
      [{ tokens: [{ token: 'one' }] }],
      'disabled',
      { length: 9 },
      { length: 5 },
      { length: 7 },
      [{ count: 5 }],
      [{ count: 2, sizeBytes: 300 }],
    ]);
  });

  it.each(Array.from({ length: 11 }, (_, elevenths) => elevenths))(
    'loses nothing in silence when its log is cut to %i/11',
    async (elevenths) => {
      const whole = await wholeOf(killed);
      await withCopy(killed, async (copy) => {
        cutFile(join(copy, 'store.db-wal'), elevenths / 11);
        const opened = await openAndRead(copy);
        expectNothingSilent(opened, whole);
        expect(opened).toMatchObject({ outcome: 'refused', code: 'STORE_WENT_BACK' });
      });
    },
  );

  it('does not bring back what was unpaired when an older database is put in its place', async () => {
    await withCopy(closed, async (copy) => {
      await withCopy(killed, async (older) => {
        rmSync(join(older, 'store.db-wal'));
        expect(await openAndRead(older)).toMatchObject({ outcome: 'refused', code: 'STORE_WENT_BACK' });
      });
      rmSync(join(copy, 'store.db'));
      expect(await openAndRead(copy)).toMatchObject({ outcome: 'refused', code: 'STORE_DAMAGED' });
    });
  });

  it('makes no identity anew when database and mark are gone together', async () => {
    await withCopy(closed, async (copy) => {
      for (const name of ['store.db', 'store.mark']) rmSync(join(copy, name));
      expect(await openAndRead(copy)).toMatchObject({ outcome: 'refused', code: 'STORE_DAMAGED' });
    });
  });

  it('goes on without its mark, and makes it anew', async () => {
    await withCopy(closed, async (copy) => {
      rmSync(join(copy, 'store.mark'));
      expect((await openAndRead(copy)).outcome).toBe('opened');
      cutFile(join(copy, 'store.db'), 0);
      expect(await openAndRead(copy)).toMatchObject({ outcome: 'refused', code: 'STORE_DAMAGED' });
    });
  });
});

describe('the mark of a store in use', () => {
  it('is made anew when somebody has taken it away', async () => {
    const dataDir = freshDataDir();
    const store = await openIn(dataDir);
    onTestFinished(() => store.close());
    store.identity.open('Laptop');
    rmSync(join(dataDir, 'store.mark'));
    store.settings.put('relay', 'disabled');
    await withCopy(dataDir, async (copy) => {
      cutFile(join(copy, 'store.db'), 0);
      expect(await openAndRead(copy)).toMatchObject({ outcome: 'refused', code: 'STORE_DAMAGED' });
    });
  });

  it('is read as the one before where its newer place is damaged', async () => {
    const dataDir = freshDataDir();
    const store = await openIn(dataDir);
    onTestFinished(() => store.close());
    store.identity.open('Laptop');
    store.settings.put('relay', 'disabled');
    const places = readFileSync(join(dataDir, 'store.mark'), 'latin1');
    const changesAt = (place: number): number =>
      Number(/"changes":(\d+)/.exec(places.slice(place * 256, (place + 1) * 256))?.[1]);
    const newer = changesAt(0) > changesAt(1) ? 0 : 1;
    expect(Math.abs(changesAt(0) - changesAt(1))).toBe(1);
    await withCopy(dataDir, async (copy) => {
      const bytes = readFileSync(join(copy, 'store.mark'));
      bytes.fill(0, newer * 256, (newer + 1) * 256);
      writeFileSync(join(copy, 'store.mark'), bytes);
      expect(await openAndRead(copy)).toMatchObject({
        outcome: 'opened',
        contents: expect.stringContaining('disabled'),
      });
    });
  });
});

describe('a device that is pending', () => {
  it('is kept by a power failure that takes the mark back, and missed when the log is cut', async () => {
    const dataDir = freshDataDir();
    const store = await openIn(dataDir);
    onTestFinished(() => store.close());
    store.identity.open('Laptop');
    const before = readFileSync(join(dataDir, 'store.mark'));
    store.devices.addPending(pendingNamed('NAS'));
    await withCopy(dataDir, async (copy) => {
      writeFileSync(join(copy, 'store.mark'), before);
      expect(await openAndRead(copy)).toMatchObject({
        outcome: 'opened',
        contents: expect.stringContaining('"pending"'),
      });
    });
    await withCopy(dataDir, async (copy) => {
      cutFile(join(copy, 'store.db-wal'), 0);
      expect(await openAndRead(copy)).toMatchObject({ outcome: 'refused', code: 'STORE_WENT_BACK' });
    });
  });

  it('is out of the log once it is paired', async () => {
    const dataDir = freshDataDir();
    const store = await openIn(dataDir);
    onTestFinished(() => store.close());
    store.identity.open('Laptop');
    const { id } = store.devices.addPending(pendingNamed('NAS'));
    store.devices.promote({ deviceId: id });
    expect(statSync(join(dataDir, 'store.db-wal')).size).toBe(0);
  });
});

describe('one flipped bit', () => {
  it.each(['killed', 'closed'])('is told or costs nothing in a store that was %s', async (state) => {
    const dataDir = state === 'killed' ? killed : closed;
    const whole = await wholeOf(dataDir);
    const bits = bitsOf(dataDir);
    const random = seededRandom(11);
    for (let index = 0; index < FLIPS; index += 1) {
      const bit = Math.floor(random.ratio() * bits.count);
      await withCopy(dataDir, async (copy) => {
        bits.flip(copy, bit);
        expectNothingSilent(await openAndRead(copy), whole);
      });
    }
  });
});
