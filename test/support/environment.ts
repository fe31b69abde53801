/**
 * Gives this process's variables back as they were. One object in place of another would leave those that Node itself reads,
 * such as TMPDIR, as they are.
 */
export function restoreEnvironment(before: Readonly<NodeJS.ProcessEnv>): void {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
}
