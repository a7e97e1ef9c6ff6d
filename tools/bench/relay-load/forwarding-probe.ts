/**
 * Two clients of a relay, one of which sends the other a numbered datagram every 10 ms: `forwarding-probe.ts PORT [CA_FILE]`, as a child
 * of the process that measures. Says `ready`; answers each message with the milliseconds every datagram took since the message before.
 */
import { readFileSync } from 'node:fs';
import { encodeDatagramToRelay } from '@bowline/relay-protocol';
import { answerPings, messageOf, rawClient } from './raw-client.ts';

const EVERY_MS = 10;
const CONTENT_BYTES = 1_200;

/** WebSocket header, type, key, ECN in front of the contents. */
const CONTENTS_AT = 4 + 1 + 32 + 1;
const DELIVERED_BYTES = CONTENTS_AT + CONTENT_BYTES;

/** No seeds of the crowd. */
const SEEDS = [0xffff_0001, 0xffff_0002] as const;

const [port = '', caFile] = process.argv.slice(2);
const options = { ca: caFile === undefined ? null : readFileSync(caFile, 'utf8') };
const sender = await rawClient(Number(port), SEEDS[0], options);
const receiver = await rawClient(Number(port), SEEDS[1], options);
answerPings(sender);

const sentAtMs: number[] = [];
let tookMs: number[] = [];
let received: Buffer = Buffer.alloc(0);
receiver.socket.on('data', (chunk: Buffer) => {
  received = Buffer.concat([received, chunk]);
  while (received.length >= DELIVERED_BYTES) {
    const number = received.readUInt32BE(CONTENTS_AT);
    tookMs.push(performance.now() - (sentAtMs[number] ?? Number.NaN));
    received = received.subarray(DELIVERED_BYTES);
  }
});
setInterval(() => {
  const contents = new Uint8Array(CONTENT_BYTES);
  new DataView(contents.buffer).setUint32(0, sentAtMs.length);
  sentAtMs.push(performance.now());
  const { endpointKey } = receiver;
  sender.socket.write(messageOf(encodeDatagramToRelay({ endpointKey, ecn: 0, segmentBytes: null, contents })));
}, EVERY_MS);
process.on('message', () => {
  process.send?.(tookMs);
  tookMs = [];
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
