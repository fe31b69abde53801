import type { PlayedCommand } from "./model.ts";

/** What was played, and how it ended. */
export function plainLines(
  played: readonly PlayedCommand[],
  startedAt: number,
  problem: string | undefined,
): readonly string[] {
  const lines = played.map(({ command, ms, awsCalls }) => {
    const shown = command.length > 72 ? `${command.slice(0, 71)}…` : command;
    return `  ${shown.padEnd(74)} ${(ms / 1000).toFixed(1).padStart(6)} s  ${String(awsCalls).padStart(5)} calls`;
  });
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  const end = problem === undefined ? `Every step did what it should, in ${seconds} s.` : `It failed: ${problem}`;
  return [...lines, "", end];
}
