/** Failures that the user can mend; commands print their message alone, without a stack. */
export class UserError extends Error {
  override name = 'UserError';
}

/** The command line asks for something that makes no sense: exit code 2. */
export class UsageError extends UserError {
  override name = 'UsageError';
}
