/** Variables that make iroh's relay probe go through a proxy, which cannot reach a relay on loopback. */
const PROXY_VARIABLES = ['http_proxy', 'https_proxy', 'all_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'];

/** How a relay on this machine may be written in a URL. A star does not cover IP addresses. */
const LOOPBACK_HOSTS = ['127.0.0.1', '::1', 'localhost'];

type Environment = Record<string, string | undefined>;

/**
 * Changes the environment so that the native library behaves; call it before the library is first used.
 *
 * Backtraces are switched off because with them every error text is a stack trace with build paths. Where a proxy is
 * set, loopback is exempted from it: otherwise the endpoint never finds its relay. What is set already stays in force.
 */
export const prepareNativeEnvironment = (environment: Environment): void => {
  environment.RUST_BACKTRACE = '0';
  environment.RUST_LIB_BACKTRACE = '0';
  if (!PROXY_VARIABLES.some((name) => isSet(environment[name]))) return;
  const exempted = [environment.NO_PROXY, environment.no_proxy].flatMap((list) => (list ?? '').split(','));
  const hosts = [...exempted.map((host) => host.trim()).filter((host) => host !== ''), ...LOOPBACK_HOSTS];
  const noProxy = [...new Set(hosts)].join(',');
  environment.NO_PROXY = noProxy;
  environment.no_proxy = noProxy;
};

const isSet = (value: string | undefined): boolean => value !== undefined && value !== '';
