import { Buffer } from 'node:buffer';
import { decodeMessageBody, type MessageBody } from '../message-body.ts';

/** What a payload says; one of a kind or encoding that this version cannot read is bytes, so that nothing is lost. */
export const readBody = (payload: Uint8Array): MessageBody => {
  try {
    return decodeMessageBody(payload);
  } catch {
    return payload;
  }
};

/** Text or bytes; the other one is `null`. */
export const contentOf = (body: MessageBody): { readonly text: string | null; readonly bytes: Uint8Array | null } =>
  typeof body === 'string' ? { text: body, bytes: null } : { text: null, bytes: body };

/** The same as the journal holds it, which is JSON. */
export interface JournaledMessage {
  readonly text: string | null;
  readonly bytesBase64: string | null;
}

export const journalForm = (body: MessageBody): JournaledMessage =>
  typeof body === 'string'
    ? { text: body, bytesBase64: null }
    : { text: null, bytesBase64: Buffer.from(body).toString('base64') };

/** Bytes of a body, of a text in UTF-8. */
export const sizeOf = (body: MessageBody): number =>
  typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
