import { settle } from '@bowline/testing';
import { expect, it } from 'vitest';
import { HostNotRunningError } from '../src/errors.ts';
import { pairingHandles } from '../src/pairing-handles.ts';
import { scriptedSystem } from './scripted-system.ts';

it('a join that is aborted when nobody can cancel it any more is noted, and nothing else', async () => {
  const cancel = (): never => {
    throw new HostNotRunningError();
  };
  const { system, asked, logger } = scriptedSystem({ 'pairing.cancel': cancel });
  const controller = new AbortController();
  const { client } = system.parts.pairing;
  const handles = pairingHandles({
    ...system,
    decide: (input) => client.request('decide', input),
    cancel: async (sessionId) => client.request('cancel', { sessionId }),
  });
  await handles.join(async () => undefined, { signal: controller.signal });
  controller.abort();
  await settle();
  expect(asked).toContain('pairing.cancel');
  expect(logger.lines).toMatchObject([{ fields: { task: 'cancel pairing', code: 'HOST_NOT_RUNNING' } }]);
});
