/** What a bundled app builds beside itself, and tells `createHost({ workers })` the place of. */
import '@bowline/host/worker';
