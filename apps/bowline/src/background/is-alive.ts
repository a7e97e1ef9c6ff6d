import { errorCode } from '@bowline/contracts';

/** Whether a process with this id runs, of this user or another. */
export const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
};
