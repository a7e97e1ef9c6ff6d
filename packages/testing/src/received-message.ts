import type { PersistenceChannel, RequestInput } from '@bowline/contracts';
import { deviceIdNamed } from './named-devices.ts';

type Received = RequestInput<PersistenceChannel, 'receiveMessage'>;

/** What `receiveMessage` takes for a message of a device of this name. */
export const receivedMessage = (
  incarnation: number,
  sequence: number,
  {
    name = 'NAS',
    text = `${incarnation}/${sequence}`,
    ...rest
  }: Partial<Received> & { name?: string; text?: string } = {},
): Received => ({
  deviceId: deviceIdNamed(name),
  deviceName: name,
  atMs: 1_000,
  received: { incarnation, sequence },
  messageId: null,
  payload: new TextEncoder().encode(text),
  into: 'inbox',
  note: { event: 'message.received', data: { text } },
  ...rest,
});
