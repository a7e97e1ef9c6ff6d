import { Buffer } from 'node:buffer';
import { type Cancel, type EventPayload, errorCode, errorMessage, type LinksChannel } from '@bowline/contracts';
import { decodeMessageBody, type MessageBody } from '../message-body.ts';
import type { System } from '../system.ts';

type Message = EventPayload<LinksChannel, 'message.received'>;

/** Pause before the journal is tried again: a full disk or a store being restarted does not mend within less. */
const RETRY_DELAY_MS = 1_000;

/**
 * Journals every received message before its sender hears that it arrived: what was acknowledged is on disk, and a
 * message that was resent after a crash is told once. A message that cannot be journaled holds up those after it:
 * acknowledging a later one would acknowledge it as well.
 */
export const deliverMessages = ({ parts, peers, hub, clock, inBackground, logger }: System): Cancel => {
  const { links, persistence } = parts;
  const stopping = new AbortController();
  /** Messages are journaled one after the other, so that positions never go backwards. */
  let queue: Promise<void> = Promise.resolve();

  const journal = async (message: Message): Promise<void> => {
    const peer = peers.get(message.deviceId);
    if (peer === undefined) return;
    const { deviceId, position } = message;
    const content = contentOf(readBody(message.payload));
    const { stored } = await persistence.client.request('appendJournal', {
      atMs: clock.nowMs(),
      event: 'message.received',
      deviceId,
      data: content,
      received: position,
    });
    peers.updateRecord(deviceId, { lastReceived: position });
    inBackground('acknowledge', () => links.client.request('acknowledge', { deviceId, position }));
    if (stored) hub.tell({ event: 'message.received', from: deviceId, fromName: peer.device.name, ...content });
  };

  const deliver = async (message: Message): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        return await journal(message);
      } catch (error) {
        if (errorCode(error) === 'DEVICE_UNKNOWN') return;
        logger.warn({ deviceId: message.deviceId, reason: errorMessage(error) }, 'message not journaled yet');
        await new Promise<void>((resolve) => {
          clock.setTimer(RETRY_DELAY_MS, resolve);
        });
      }
    }
  };

  const readBody = (payload: Uint8Array): MessageBody => {
    try {
      return decodeMessageBody(payload);
    } catch (error) {
      logger.warn({ reason: errorMessage(error) }, 'message kept as bytes');
      return payload;
    }
  };

  const cancel = links.client.on('message.received', (message) => {
    queue = queue.then(() => deliver(message));
  });
  return () => {
    cancel();
    stopping.abort();
  };
};

const contentOf = (body: MessageBody): { readonly text: string | null; readonly bytesBase64: string | null } =>
  typeof body === 'string'
    ? { text: body, bytesBase64: null }
    : { text: null, bytesBase64: Buffer.from(body).toString('base64') };
