import type { EndpointId } from '@bowline/contracts';
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
    const { system, directory, begin } = slowlyBound();
    const phone = peerDevice(2);
    directory.put(phone);
    const end = await begin();
    directory.remove(phone.id);
    await admitDevices(system);
    expect(await end()).toEqual([]);
  });

  it('a device that is paired is admitted afterwards', async () => {
    const { system, directory, begin } = slowlyBound();
    const end = await begin();
    const phone = peerDevice(2);
    directory.put(phone);
    await admitDevices(system);
    expect(await end()).toEqual([phone.endpointId]);
  });
});
