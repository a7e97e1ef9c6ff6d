import { settle } from '@bowline/testing';
import { expect, it } from 'vitest';
import { followRoutes } from '../src/wiring/follow-routes.ts';
import { tellIncidents } from '../src/wiring/tell-incidents.ts';
import { peerDevice, scriptedSystem } from './scripted-system.ts';

const phone = peerDevice(2);
const [a, b] = ['https://a.test/', 'https://b.test/'];

const arrange = async () => {
  const scripted = scriptedSystem();
  await scripted.peers.adopt(phone);
  const told: unknown[] = [];
  scripted.system.hub.onAny((event) => told.push(event));
  followRoutes(scripted.system);
  tellIncidents(scripted.system);
  const move = (relayUrl: string, previous: string | null, endpointId: string = phone.endpointId) =>
    scripted.tell('switchboard', 'route.changed', { endpointId, relayUrl, previous });
  const state = (url: string, now: string) => scripted.tell('switchboard', 'relay.stateChanged', { url, state: now });
  return { ...scripted, told, move, state };
};

it('the app hears through which relay a device is reached, and why that changed', async () => {
  const { peers, told, move, state } = await arrange();
  state(a, 'connected');
  state(b, 'connected');
  move(a, null);
  move(b, a);
  state(b, 'down');
  move(a, b);
  const event = { event: 'device.routeChanged', deviceId: phone.id, name: phone.name };
  expect(told).toEqual([
    { ...event, relayUrl: a, previous: null, reason: 'first' },
    { ...event, relayUrl: b, previous: a, reason: 'peerMoved' },
    { ...event, relayUrl: a, previous: b, reason: 'relayDown' },
  ]);
  expect(peers.get(phone.id)?.relayUrl).toBe(a);
});

it('the app hears nothing of the route of somebody who is not paired', async () => {
  const { told, move } = await arrange();
  move(a, null, peerDevice(3).endpointId);
  expect(told).toEqual([]);
});

it('the app hears of refused connections once a second, and of what the journal dropped', async () => {
  const { clock, told, tell } = await arrange();
  const refused = { localEndpointId: phone.endpointId, remoteEndpointId: null, alpn: null, name: 'busy' };
  tell('endpoint', 'connection.refused', refused);
  tell('endpoint', 'connection.refused', refused);
  await clock.advance(1_000);
  tell('endpoint', 'connection.refused', refused);
  tell('persistence', 'journal.trimmed', { upToPosition: 7 });
  await settle();
  const event = { event: 'connection.refused', endpointId: null, alpn: null, name: 'busy' };
  expect(told).toEqual([event, event, { event: 'journal.trimmed', upToPosition: 7 }]);
});
