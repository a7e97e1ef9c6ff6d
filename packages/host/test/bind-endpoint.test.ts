import { BowlineError, brandAs, type EndpointId, type RelayUrl } from '@bowline/contracts';
import { settle } from '@bowline/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { admitDevices, bindEndpoint } from '../src/wiring/bind-endpoint.ts';
import { peerDevice, scriptedSystem } from './scripted-system.ts';

interface Lists {
  readonly admitted: readonly EndpointId[];
}

/** An endpoint whose binding takes as long as the test says; what it admits is what it was told last. */
const slowlyBound = () => {
  const bindingEnds = Promise.withResolvers<void>();
  let admitted: readonly EndpointId[] = [];
  const scripted = scriptedSystem({
    'endpoint.bind': async (lists: Lists) => {
      await bindingEnds.promise;
      admitted = lists.admitted;
      return scripted.bound;
    },
    'endpoint.setAdmitted': (lists: Lists) => {
      admitted = lists.admitted;
    },
  });
  scripted.own.update({ loopbackUrl: 'http://127.0.0.1:1/' });
  onTestFinished(bindEndpoint(scripted.system));
  const begin = async () => {
    const binding = scripted.becomeReady('endpoint');
    await settle();
    return async (): Promise<readonly EndpointId[]> => {
      bindingEnds.resolve();
      await binding;
      return admitted;
    };
  };
  return { ...scripted, begin };
};

describe('while the endpoint is binding', () => {
  it('a device that is unpaired is not admitted afterwards', async () => {
    const { system, peers, begin } = slowlyBound();
    const phone = peerDevice(2);
    await peers.adopt(phone);
    const end = await begin();
    await peers.remove(phone.id);
    await admitDevices(system);
    expect(await end()).toEqual([]);
  });

  it('a device that is paired is admitted afterwards', async () => {
    const { system, peers, begin } = slowlyBound();
    const end = await begin();
    const phone = peerDevice(2);
    await peers.adopt(phone);
    await admitDevices(system);
    expect(await end()).toEqual([phone.endpointId]);
  });
});

describe('an endpoint that is bound anew to leave a relay', () => {
  /** Bound, and about to leave the relay it asks; the request fails from then on until `mend`. */
  const leaving = async (request: string) => {
    const broken = new Set<string>();
    const answer = (): unknown => {
      if (broken.has(request)) throw new BowlineError({ code: 'WORKER_DOWN', message: 'm' });
      return scripted.bound;
    };
    const scripted: ReturnType<typeof scriptedSystem> = scriptedSystem({
      'endpoint.bind': () => scripted.bound,
      [request]: answer,
    });
    const url = brandAs<RelayUrl>('https://relay.test/');
    const { own } = scripted;
    own.update({
      loopbackUrl: 'http://127.0.0.1:1/',
      configuredRelayUrls: [url],
      addressDiscovery: { url, quicPort: 1 },
    });
    const stop = bindEndpoint(scripted.system);
    onTestFinished(stop);
    await scripted.becomeReady('endpoint');
    broken.add(request);
    own.update({ configuredRelayUrls: [], addressDiscovery: null });
    await settle();
    const tries = () => scripted.asked.filter((each) => each === request).length;
    const mend = (): void => broken.clear();
    return { ...scripted, stop, tries, mend };
  };

  it.each(['endpoint.bind', 'endpoint.unbind', 'links.dropAll'])(
    'is tried again when %s fails, until it is bound',
    async (request) => {
      const { own, clock, asked, mend } = await leaving(request);
      await clock.advance(3_000);
      expect(own.current.bound).toBeNull();
      mend();
      await clock.advance(4_000);
      expect(own.current.bound).not.toBeNull();
      const binds = asked.filter((each) => each === 'endpoint.bind').length;
      await clock.advance(60_000);
      expect(asked.filter((each) => each === 'endpoint.bind')).toHaveLength(binds);
      expect(asked.at(-1)).toBe('scheduler.nudgeAll');
    },
  );

  it('is left to the start of its worker when that comes first', async () => {
    const { clock, tries, mend, becomeReady } = await leaving('endpoint.bind');
    mend();
    await becomeReady('endpoint');
    const before = tries();
    await clock.advance(60_000);
    expect(tries()).toBe(before);
  });

  it('is not tried again after the device stopped', async () => {
    const { clock, tries, stop } = await leaving('endpoint.bind');
    stop();
    const before = tries();
    await clock.advance(60_000);
    expect(tries()).toBe(before);
  });
});
