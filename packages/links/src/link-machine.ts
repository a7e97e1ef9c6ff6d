import { setup } from 'xstate';

export type LinkEvent =
  /** Somebody wants the link. */
  | { readonly type: 'dial.asked' }
  /** The dial ended without a link. */
  | { readonly type: 'dial.over' }
  /** Both have greeted each other on a connection, whoever dialled. */
  | { readonly type: 'greeting.done' }
  /** The session on the connection has ended, for whatever reason. */
  | { readonly type: 'session.ended' }
  /** The device is paired no more, or the links stop. */
  | { readonly type: 'device.dropped' };

const machineSetup = setup({
  types: { events: {} as LinkEvent },
  actions: {
    /** Dials the device and greets it. */
    dial: () => undefined,
    /** The link is up on some connection: whoever waits for the dial has it, and its own connection is not needed. */
    settleDial: () => undefined,
  },
});

/**
 * The link of this device to one other. One dial at most is under way, and none while the link is up; a link that is
 * displaced by another connection ends before the next one begins.
 */
export const linkMachine = machineSetup.createMachine({
  id: 'link',
  initial: 'offline',
  on: { 'device.dropped': '.dropped' },
  states: {
    offline: { on: { 'dial.asked': 'connecting', 'greeting.done': 'connected' } },
    connecting: {
      entry: 'dial',
      on: { 'dial.over': 'offline', 'greeting.done': { target: 'connected', actions: 'settleDial' } },
    },
    connected: { on: { 'session.ended': 'offline' } },
    dropped: { type: 'final' },
  },
});
