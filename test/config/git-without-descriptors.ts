import { createGit, GitError } from '../../src/config/git-command.ts';
import { takeAllDescriptors } from '../fixtures/descriptors.ts';

/** Asks git when no file descriptor is left, and prints what that is told as. */
const git = createGit({ cwd: '.', environment: process.env });
process.stdout.write('');
takeAllDescriptors();
const answer = await git({ args: ['version'], bytesMax: 100 }).catch((error: unknown) =>
  error instanceof GitError ? error.message : 'something else',
);
process.stdout.write(String(answer));
process.exit();
