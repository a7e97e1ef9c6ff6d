/** Where a router is asked about its ports. */
export interface PortControl {
  /** `http:` URL at the router. */
  readonly url: string;
  /** One of the service types below. */
  readonly serviceType: string;
}

/** The services of a router that open ports (UPnP IGD 1 and 2). */
const SERVICE_TYPE = /^urn:schemas-upnp-org:service:WAN(?:IP|PPP)Connection:[12]$/;

/** Services looked at in one description; a router has one or two. */
const MAX_SERVICES = 64;

/**
 * Finds in a router's description where it is asked about ports. A stranger wrote it: it is read by pattern, never as a document
 * that could name entities, and what leads to another machine is passed over.
 *
 * @param location where the description was read
 */
export const portControlsOf = (description: string, location: URL): readonly PortControl[] => {
  const base = urlWithin(location, textOf(description, 'URLBase') ?? location.href) ?? location;
  return [...description.matchAll(/<service>([\s\S]{0,4096}?)<\/service>/g)]
    .slice(0, MAX_SERVICES)
    .flatMap(([, part]) => {
      const serviceType = textOf(part ?? '', 'serviceType') ?? '';
      const path = textOf(part ?? '', 'controlURL');
      const url = path === undefined ? undefined : urlWithin(base, path);
      return url === undefined || !SERVICE_TYPE.test(serviceType) ? [] : [{ url: url.href, serviceType }];
    });
};

/** The text of the first element with a name; of no use for elements that hold others. */
export const textOf = (xml: string, element: string): string | undefined =>
  new RegExp(`<${element}(?:\\s[^<>]{0,256})?>([^<]{0,1024})</${element}>`).exec(xml)?.[1]?.trim();

const urlWithin = (base: URL, path: string): URL | undefined => {
  const url = URL.parse(path, base.href);
  return url !== null && url.protocol === 'http:' && url.hostname === base.hostname ? url : undefined;
};
