export { createHost } from '@bowline/host';
