import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { requireConsent } from '../src/consent.ts';

const terminal = (isTTY: boolean) => {
  const input = Object.assign(new PassThrough(), { isTTY });
  return { input, output: new PassThrough() };
};

it.each([
  ['y', undefined],
  ['Yes', undefined],
  ['', 'CANCELLED'],
  ['no', 'CANCELLED'],
  ['yesterday', 'CANCELLED'],
])('a person who answers %j at a terminal gives or refuses consent', async (answer, code) => {
  const at = terminal(true);
  const asked = requireConsent('Forget nas?', {}, at).then(
    () => undefined,
    (error: { readonly code: string }) => error.code,
  );
  at.input.write(`${answer}\n`);
  expect(await asked).toBe(code);
  expect(String(at.output.read())).toContain('Forget nas? [y/N]');
});

it('a terminal that ends without an answer refuses', async () => {
  const at = terminal(true);
  const asked = requireConsent('Forget nas?', {}, at);
  at.input.end();
  await expect(asked).rejects.toMatchObject({ code: 'CANCELLED' });
});

it.each([
  ['without a terminal', false, {}],
  ['with --yes', true, { yes: true }],
  ['with --json', true, { json: true }],
])('nobody is asked %s', async (_, isTTY, options) => {
  const at = terminal(isTTY);
  await requireConsent('Forget nas?', options, at);
  expect(at.output.read()).toBeNull();
});
