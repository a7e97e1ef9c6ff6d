/** What an event is called where people read it: XState's own names of delays and outcomes made short. */
export const eventLabel = (type: string): string =>
  type
    .replace(/^xstate\.after\.([^.]+)\..*$/, 'after $1')
    .replace(/^xstate\.done\.(actor|state)\..*$/, 'done')
    .replace(/^xstate\.error\.actor\..*$/, 'failed');
