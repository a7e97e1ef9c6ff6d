import { commandOf, type ServicePlan } from './service-plan.ts';
import { xmlText } from './xml-text.ts';

/** A launch agent of macOS: started when its user logs in, and again when it fails. */
export const launchdPlist = (plan: ServicePlan): string => {
  const argumentLines = [...commandOf(plan), '--logged'].map((each) => `    <string>${xmlText(each)}</string>`);
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${xmlText(plan.name)}</string>
  <key>ProgramArguments</key>
  <array>
${argumentLines.join('\n')}
  </array>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>Umask</key>
  <integer>63</integer>
  <key>StandardOutPath</key>
  <string>${xmlText(plan.logFile)}</string>
  <key>StandardErrorPath</key>
  <string>${xmlText(plan.logFile)}</string>
</dict>
</plist>
`;
};
