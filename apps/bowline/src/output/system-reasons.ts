/**
 * What the system says of a file or folder, in words that fit whichever of the two is the subject. What it may not do, and what
 * is not there, is said by each caller: it means another thing of a folder that is to be used than of a file that is to be made.
 */
export const SYSTEM_REASONS = Object.freeze({
  ELOOP: 'its links lead in a ring',
  ENAMETOOLONG: 'its name is too long',
  ENOSPC: 'the disk is full',
  EDQUOT: 'this user may store no more on that disk',
  EROFS: 'it is on a file system that can only be read',
  EIO: 'the disk has errors',
  EMFILE: 'this process may open no more files',
  ENFILE: 'this machine can open no more files',
});
