import { defineChannel, request, type WorkerDefinition } from '@bowline/contracts';

/** The one request the channel benchmark asks: what comes in goes out. */
export const echoChannel = defineChannel({
  name: 'bench-echo',
  version: 1,
  requests: { echo: request<EchoPayload, EchoPayload>() },
  events: {},
});

/** A payload of the usual size: an id, a number, a word. */
export interface EchoPayload {
  readonly deviceId: string;
  readonly atMs: number;
  readonly path: string;
}

export const echoWorker: WorkerDefinition<typeof echoChannel> = {
  name: 'bench-echo',
  channel: echoChannel,
  create: () => ({ start: async () => undefined, stop: async () => undefined, handlers: { echo: (input) => input } }),
};
