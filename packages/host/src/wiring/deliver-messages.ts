import { Buffer } from 'node:buffer';
import { type Cancel, type EventPayload, errorMessage, type LinksChannel } from '@bowline/contracts';
import { decodeMessageBody, type MessageBody } from '../message-body.ts';
import type { System } from '../system.ts';

/**
 * Journals every received message before its sender hears that it arrived: what was acknowledged is on disk, and a
 * message that was resent after a crash is told once.
 */
export const deliverMessages = ({ parts, directory, hub, clock, inBackground, logger }: System): Cancel => {
  const { links, persistence } = parts;
  /** Messages are journaled one after the other, so that positions never go backwards. */
  let queue: Promise<unknown> = Promise.resolve();

  const deliver = async (message: EventPayload<LinksChannel, 'message.received'>): Promise<void> => {
    const device = directory.get(message.deviceId);
    if (device === undefined) return;
    const { deviceId, position } = message;
    const content = contentOf(readBody(message.payload));
    const { stored } = await persistence.client.request('appendJournal', {
      atMs: clock.nowMs(),
      event: 'message.received',
      deviceId,
      data: content,
      received: position,
    });
    directory.put({ ...(directory.get(deviceId) ?? device), lastReceived: position });
    await links.client.request('acknowledge', { deviceId, position });
    if (stored) hub.tell({ event: 'message.received', from: deviceId, fromName: device.name, ...content });
  };

  const readBody = (payload: Uint8Array): MessageBody => {
    try {
      return decodeMessageBody(payload);
    } catch (error) {
      logger.warn({ reason: errorMessage(error) }, 'message kept as bytes');
      return payload;
    }
  };

  return links.client.on('message.received', (message) => {
    const turn = queue.then(() => deliver(message));
    queue = turn.catch(() => undefined);
    inBackground('deliver message', () => turn);
  });
};

const contentOf = (body: MessageBody): { readonly text: string | null; readonly bytesBase64: string | null } =>
  typeof body === 'string'
    ? { text: body, bytesBase64: null }
    : { text: null, bytesBase64: Buffer.from(body).toString('base64') };
