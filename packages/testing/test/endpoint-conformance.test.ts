import { endpointConformance, fakeClock, fakeEndpointNetwork } from '../src/index.ts';

endpointConformance({
  name: 'the fake endpoint network',
  arrange: () => {
    const clock = fakeClock();
    const network = fakeEndpointNetwork({ clock });
    return {
      endpoint: () => Promise.resolve(network.endpoint()),
      until: async (promise) => {
        let isSettled = false;
        const settled = promise.finally(() => {
          isSettled = true;
        });
        // The caller awaits the promise itself.
        settled.catch(() => undefined);
        while (!isSettled) await clock.advance(10);
        return promise;
      },
      pause: () => clock.advance(500),
      stop: () => Promise.resolve(),
    };
  },
});
