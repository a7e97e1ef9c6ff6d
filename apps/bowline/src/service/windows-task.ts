import type { ServicePlan } from './service-plan.ts';
import { xmlText } from './xml-text.ts';

/**
 * A task of the Windows task scheduler: at logon it starts the daemon in the background, without a window, and ends. The
 * scheduler reads it as UTF-16 with a byte order mark.
 *
 * @param user whose logon it is, as `DOMAIN\name`
 */
export const windowsTask = ({ program, upArguments, dataDir }: ServicePlan, user: string): string => {
  const taskArguments = [...program.args, ...upArguments, '--detach'].map(windowsQuoted).join(' ');
  return `\ufeff<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>Bowline: keeps this device reachable (${xmlText(dataDir)})</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>
      <UserId>${xmlText(user)}</UserId>
    </LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>${xmlText(user)}</UserId>
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <Hidden>true</Hidden>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>${xmlText(program.node)}</Command>
      <Arguments>${xmlText(taskArguments)}</Arguments>
    </Exec>
  </Actions>
</Task>
`;
};

/** One argument as Microsoft's C runtime, and so Node, reads it: backslashes count only before a quotation mark. */
export const windowsQuoted = (argument: string): string => {
  if (argument !== '' && !/[\s"]/.test(argument)) return argument;
  return `"${argument.replaceAll(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`;
};
