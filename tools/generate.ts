/** `npm run generate`: writes every document that is made from code. */
import { channelPrint } from './channel-print.ts';
import { channelShapes } from './channel-shapes.ts';
import { commandOutputs } from './command-outputs.ts';
import { errorCodes } from './error-codes.ts';
import { staleFiles, writeFiles } from './generated-file.ts';
import { machineDiagrams } from './machine-diagrams.ts';

const files = [...machineDiagrams(), ...channelShapes(), ...channelPrint(), ...commandOutputs(), ...errorCodes()];
const stale = staleFiles(files);
writeFiles(files);
process.stdout.write(stale.length === 0 ? 'Everything is up to date.\n' : `Written: ${stale.join(', ')}\n`);
