import { setTimeout as sleep } from "node:timers/promises";
import { type Log, messageOf, log as ownLog } from "../../base/src/environment.ts";
import type { Claims } from "./claims.ts";
import type { Links } from "./links.ts";
import { endKeysOf, readMessage, type Told } from "./message.ts";
import { inTurn } from "./newest.ts";
import { type Link, overtakenWords, type Words, wordsOf } from "./words.ts";

/** Says one thing in one place; absent where there is no such place. @throws Error where it could not be said. */
export interface Places {
  readonly slack?: (words: NonNullable<Words["slack"]>) => Promise<void>;
  readonly comment?: (words: NonNullable<Words["comment"]>) => Promise<void>;
  readonly status?: (words: NonNullable<Words["status"]>) => Promise<void>;
}

export interface QueueRecord {
  readonly messageId: string;
  readonly body: string;
}

/** AWS Lambda, "Using Lambda with Amazon SQS": what is named comes again, and is put aside when it came too often. */
export interface Answer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** One after the other, in the queue's order, so that what is told of an execution last is what stays. */
export async function deliverAll(
  records: readonly QueueRecord[],
  claims: Claims,
  links: Links,
  places: Places,
  log: Log = ownLog,
  pause: () => Promise<void> = () => sleep(1_000),
): Promise<Answer> {
  const failed: { itemIdentifier: string }[] = [];
  for (const { messageId, body } of records) {
    let trace: { readonly trace?: string } = {};
    try {
      const told = readMessage(body);
      if ("trace" in told) trace = { trace: told.trace };
      log("info", "said", {
        ...(await deliver(told, await linkOf(told, links, log), claims, places, pause)),
        ...trace,
      });
    } catch (error) {
      log("error", messageOf(error), { messageId, ...trace });
      failed.push({ itemIdentifier: messageId });
    }
  }
  return { batchItemFailures: failed };
}

/** What is said is worth as much without. */
async function linkOf(told: Told, links: Links, log: Log): Promise<Link | undefined> {
  if (!("execution" in told)) return undefined;
  return links.find(told).catch((error: unknown) => {
    log("warn", `no link to what its jobs have left: ${messageOf(error)}`, { key: told.key });
    return undefined;
  });
}

/** One that could not be said comes again after minutes, and its execution may have ended and been told of since. */
async function isOvertaken(told: Told, claims: Claims): Promise<boolean> {
  for (const key of endKeysOf(told)) if (await claims.isTaken(key)) return true;
  return false;
}

/** Says it wherever it was not said yet. @throws Error where one of the places could not be told. */
async function deliver(
  told: Told,
  link: Link | undefined,
  claims: Claims,
  places: Places,
  pause: () => Promise<void>,
): Promise<Record<string, unknown>> {
  return inTurn(told, wordsOf(told, link), claims, pause, async (words) =>
    sayAll(told, (await isOvertaken(told, claims)) ? overtakenWords(told, words) : words, claims, places),
  );
}

async function sayAll(told: Told, words: Words, claims: Claims, places: Places): Promise<Record<string, unknown>> {
  const said = [...(await claims.take(told.key, Date.now()))];
  const failures: string[] = [];
  const say = async <W>(place: string, its: W | undefined, how: ((words: W) => Promise<void>) | undefined) => {
    if (its === undefined || how === undefined || said.includes(place)) return;
    try {
      await how(its);
      said.push(place);
    } catch (error) {
      failures.push(`${place}: ${messageOf(error)}`);
    }
  };
  await say("slack", words.slack, places.slack);
  await say("comment", words.comment, places.comment);
  await say("status", words.status, places.status);
  await claims.leave(told.key, said);
  if (failures.length > 0) throw new Error(`${told.key}: ${failures.join("; ")}`);
  return { key: told.key, places: said.join(" ") };
}
