/** Commands that several processes run together, as a launcher of MPI started them. */
import { ALONE, type Communicator } from '../distributed/communicator.js';
import { openCommunicator } from '../distributed/open-communicator.js';
import { UsageError } from '../errors.js';
import { say } from './console.js';

/**
 * Does the work with all processes of the job, or alone where there is no launcher.
 *
 * A failure of one ends them all: the others would wait for it for ever.
 */
export async function inTeam(work: (team: Communicator) => Promise<void>): Promise<void> {
  const team = await openCommunicator(process.env);
  if (team.size === 1) return work(ALONE);
  try {
    await work(team);
  } catch (error) {
    const { message } = error instanceof Error ? error : new Error(String(error));
    say(`error: process ${team.rank} of ${team.size}: ${message}`);
    say(
      'the job ends here; the same command with --resume goes on from the newest checkpoint, on any number of processes',
    );
    team.abort(error instanceof UsageError ? 2 : 1);
  }
  team.close();
}
