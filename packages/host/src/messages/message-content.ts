import { Buffer } from 'node:buffer';
import { decodeMessageBody, type MessageBody } from '../message-body.ts';

/** Text, or bytes as base64; the other one is `null`. */
export interface MessageContent {
  readonly text: string | null;
  readonly bytesBase64: string | null;
}

/** What a payload says; one of a kind or encoding that this version cannot read is bytes, so that nothing is lost. */
export const readBody = (payload: Uint8Array): MessageBody => {
  try {
    return decodeMessageBody(payload);
  } catch {
    return payload;
  }
};

export const contentOf = (body: MessageBody): MessageContent =>
  typeof body === 'string'
    ? { text: body, bytesBase64: null }
    : { text: null, bytesBase64: Buffer.from(body).toString('base64') };
