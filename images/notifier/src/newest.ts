/** A comment and a status are one place for several executions, of which the one that began last stays: an older one's end may be late. */
import { createHash } from "node:crypto";
import { Busy, type Claims } from "./claims.ts";
import type { Told } from "./message.ts";
import type { Words } from "./words.ts";

/** An execution as its place knows it. */
export interface Began {
  readonly execution: string;
  /** Milliseconds since the epoch. */
  readonly started: number;
}

type Place = "comment" | "status";

export interface Subject {
  readonly place: Place;
  readonly key: string;
}

/** What others may tell of in the same place; of attempts, and of a check and its merge, the stack and the commit are the same. */
export function subjectsOf(told: Told, words: Words): readonly Subject[] {
  if (!("execution" in told) || told.started === undefined) return [];
  const { machine, stack, commit, pullRequest } = told;
  const keyOf = (...of: readonly (string | number)[]) =>
    `newest/${createHash("sha256").update(JSON.stringify(of)).digest("hex")}`;
  return [
    ...(words.comment ? [{ place: "comment" as const, key: keyOf("comment", machine, stack, pullRequest) }] : []),
    ...(words.status ? [{ place: "status" as const, key: keyOf("status", machine, stack, commit) }] : []),
  ];
}

/** Whether what is told is of an execution that began before the one that its place tells of. */
export function isOlder(told: Began, newest: Began | undefined): boolean {
  return newest !== undefined && newest.execution !== told.execution && told.started < newest.started;
}

/** As notes have it: the claim of a place says what it tells of. */
const noteOf = ({ execution, started }: Began): readonly string[] => [execution, String(started)];
const readNote = ([execution, started]: readonly string[]): Began | undefined =>
  execution === undefined ? undefined : { execution, started: Number(started) };

/** Times that a place is asked for which another invocation is at. */
const mostTurns = 5;

/** Has the places to itself while `say` says what of the words is still to be said there. */
export async function inTurn<T>(
  told: Told,
  words: Words,
  claims: Claims,
  pause: () => Promise<void>,
  say: (words: Words) => Promise<T>,
): Promise<T> {
  if (!("execution" in told) || told.started === undefined) return say(words);
  const began = { execution: told.execution, started: told.started };
  const from = async ([subject, ...others]: readonly Subject[], left: Words): Promise<T> => {
    if (subject === undefined) return say(left);
    const newest = readNote(await take(subject.key, claims, pause));
    const older = isOlder(began, newest);
    try {
      const { [subject.place]: _, ...rest } = left;
      return await from(others, older ? rest : left);
    } finally {
      await claims.leave(subject.key, noteOf(older && newest !== undefined ? newest : began));
    }
  };
  return from(subjectsOf(told, words), words);
}

async function take(key: string, claims: Claims, pause: () => Promise<void>): Promise<readonly string[]> {
  for (let asked = 1; ; asked += 1)
    try {
      return await claims.take(key, Date.now());
    } catch (error) {
      if (!(error instanceof Busy) || asked >= mostTurns) throw error;
      await pause();
    }
}
