/** `node plain-datagram.ts PORT TEXT`: sends TEXT, unencrypted, from one relay client to another through a relay on this host. */
import { once } from 'node:events';
import { encodeDatagramToRelay } from '@bowline/relay-protocol';
import { messageOf, rawClient } from '../../../../tools/bench/relay-load/raw-client.ts';

const [port, text = ''] = process.argv.slice(2);
const sender = await rawClient(Number(port), 1);
const receiver = await rawClient(Number(port), 2);
const { endpointKey } = receiver;
sender.socket.write(
  messageOf(encodeDatagramToRelay({ endpointKey, ecn: 0, segmentBytes: null, contents: Buffer.from(text) })),
);
for (let received = ''; !received.includes(text); ) {
  const [chunk] = (await once(receiver.socket, 'data')) as [Buffer];
  received += chunk.toString('latin1');
}
process.exit(0);
