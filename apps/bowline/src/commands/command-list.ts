import type { Command } from 'commander';
import type { CommandOutcome } from '../command-context.ts';
import { backupCommand } from './backup.ts';
import { blockCommand, blockedCommand, unblockCommand } from './block.ts';
import { completionCommand } from './completion.ts';
import { connectCommand } from './connect.ts';
import { demoCommand } from './demo.ts';
import { devicesCommand } from './devices.ts';
import { doctorCommand } from './doctor.ts';
import { downCommand } from './down.ts';
import { eventsCommand } from './events.ts';
import { inspectCommand } from './inspect.ts';
import { joinCommand } from './join.ts';
import { keyCommand } from './key.ts';
import { logsCommand } from './logs.ts';
import { machinesCommand } from './machines.ts';
import { noteCommand, reconnectCommand, renameCommand, unpairCommand } from './manage-device.ts';
import { messagesCommand } from './messages.ts';
import { pairCommand } from './pair.ts';
import { permissionsCommand } from './permissions.ts';
import { pingCommand } from './ping.ts';
import { pushCommand } from './push.ts';
import { receiveCommand } from './receive.ts';
import { relayCommand } from './relay.ts';
import { sendCommand } from './send.ts';
import { serveCommand } from './serve.ts';
import { serviceCommand } from './service.ts';
import { servicesCommand } from './services.ts';
import { statusCommand } from './status.ts';
import { timelineCommand } from './timeline.ts';
import { exportCommand, importCommand } from './transfer.ts';
import { upCommand } from './up.ts';
import { verifyCommand } from './verify.ts';
import { whyCommand } from './why.ts';
import { workerCommand } from './worker.ts';

/** Every command, in the order help lists them. */
export const COMMANDS: readonly ((outcome: CommandOutcome) => Command)[] = [
  upCommand,
  downCommand,
  logsCommand,
  serviceCommand,
  pairCommand,
  joinCommand,
  devicesCommand,
  statusCommand,
  whyCommand,
  timelineCommand,
  inspectCommand,
  machinesCommand,
  doctorCommand,
  eventsCommand,
  pingCommand,
  sendCommand,
  messagesCommand,
  serveCommand,
  servicesCommand,
  connectCommand,
  pushCommand,
  receiveCommand,
  reconnectCommand,
  renameCommand,
  noteCommand,
  verifyCommand,
  permissionsCommand,
  unpairCommand,
  blockCommand,
  unblockCommand,
  blockedCommand,
  backupCommand,
  keyCommand,
  exportCommand,
  importCommand,
  relayCommand,
  workerCommand,
  demoCommand,
  completionCommand,
];
