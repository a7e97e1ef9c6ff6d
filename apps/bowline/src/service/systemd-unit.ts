import { commandOf, type ServicePlan } from './service-plan.ts';

/** A unit of systemd for this user's own manager. */
export const systemdUnit = (plan: ServicePlan): string =>
  `[Unit]
Description=Bowline: keeps this device reachable (${specifiersEscaped(oneLine(plan.dataDir))})

[Service]
Type=exec
ExecStart=${[...commandOf(plan), '--logged'].map(quoted).join(' ')}
StandardOutput=append:${specifiersEscaped(plan.logFile)}
StandardError=append:${specifiersEscaped(plan.logFile)}
Restart=on-failure
RestartSec=2
# The daemon ends its workers itself, in their order.
KillMode=mixed
TimeoutStopSec=15
UMask=0077
NoNewPrivileges=yes

[Install]
WantedBy=default.target
`;

/** One argument as systemd reads it: no specifier, no variable, no end of a word in it. */
const quoted = (argument: string): string =>
  `"${specifiersEscaped(argument)
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('$', () => '$$')
    .replaceAll('\n', '\\n')}"`;

const specifiersEscaped = (text: string): string => text.replaceAll('%', '%%');

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');
