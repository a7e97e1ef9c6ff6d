import { BowlineError } from '@bowline/contracts';
import { expect, it } from 'vitest';
import { abortable } from '../src/abortable.ts';

const cancelled = new BowlineError({ code: 'CHANNEL_CANCELLED', message: 'cancelled' });

it('an aborted signal asks for nothing and is an AbortError with the reason as its cause', async () => {
  const reason = new Error('the window was closed');
  let asked = 0;
  const promise = abortable(AbortSignal.abort(reason), async () => {
    asked += 1;
  });
  await expect(promise).rejects.toMatchObject({ name: 'AbortError', code: 'ABORT_ERR', cause: reason });
  expect(asked).toBe(0);
});

it('what the layers below call it when the signal aborts on the way is an AbortError, too', async () => {
  const controller = new AbortController();
  const promise = abortable(controller.signal, async () => {
    controller.abort();
    throw cancelled;
  });
  await expect(promise).rejects.toMatchObject({ name: 'AbortError' });
});

it('a failure that nobody aborted stays what it is', async () => {
  await expect(abortable(new AbortController().signal, () => Promise.reject(cancelled))).rejects.toBe(cancelled);
});
