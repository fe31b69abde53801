/** In which order an operation's writes to the rules leave each request with who answered it, or who is to. */
import { closed, covers } from "../../../programs/routes.ts";
import type { Placed, PriorityOrder } from "./model.ts";

/** A service's production rule before and after an operation; the same where the operation does not change it. */
export interface Passage {
  readonly service: string;
  readonly from: Placed;
  readonly to: Placed;
}

/** A path nobody is likely to have; below any other it stands for all that are below it and no service's own. */
const elsewhere = "switchyard-elsewhere";

/**
 * The order in which nobody who was answered is so by a third service, or by none, at any moment, also when it is undone;
 * rules that take new paths do so in no order among themselves. Otherwise the path for which there is no such order.
 */
export function orderOf(passages: readonly Passage[]): { order: PriorityOrder } | { lost: string } {
  const before = passages.map(({ from }) => from.priority);
  const after = passages.map(({ to }) => to.priority);
  const bad = (priorities: readonly number[]) =>
    samplesOf(passages).find((path) => {
      const wanted = [ownerOf(passages, path, "from"), ownerOf(passages, path, "to")];
      // Where nobody was answered, nobody loses an answer.
      if (wanted[0] === undefined) return false;
      return owners(passages, path, priorities).some((owner) => !wanted.includes(owner));
    });
  const first = bad(after);
  const last = bad(before);
  if (first !== undefined && last !== undefined) return { lost: first };
  return { order: first !== undefined ? "last" : last !== undefined ? "first" : "any" };
}

/** Each region of paths that some rule tells from another, by one path of it. */
function samplesOf(passages: readonly Passage[]): readonly string[] {
  const paths = passages.flatMap(({ from, to }) => [from.takes, to.takes]).filter((takes) => takes !== undefined);
  const known = new Set([...paths.filter((path) => path !== closed), "/"]);
  return [...known].flatMap((path) => [path, `${path === "/" ? "" : path}/${elsewhere}`]);
}

/** Who may answer while each rule takes what it took or what it is to take, whichever others do. */
function owners(
  passages: readonly Passage[],
  path: string,
  priorities: readonly number[],
): readonly (string | undefined)[] {
  const here = passages.map(({ service, from, to }, i) => {
    const takes = [from, to].filter((placed) => isTaken(placed, path)).length;
    return { service, takes, priority: priorities[i] ?? 0 };
  });
  const always = here.filter(({ takes }) => takes === 2).map(({ priority }) => priority);
  const sure = Math.min(...always, Number.POSITIVE_INFINITY);
  const found = here.filter(({ takes, priority }) => takes > 0 && priority <= sure).map(({ service }) => service);
  return always.length > 0 ? found : [...found, undefined];
}

function ownerOf(passages: readonly Passage[], path: string, which: "from" | "to"): string | undefined {
  const taking = passages.filter((passage) => isTaken(passage[which], path));
  return taking.sort((a, b) => a[which].priority - b[which].priority)[0]?.service;
}

function isTaken({ takes }: Placed, path: string): boolean {
  return takes !== undefined && takes !== closed && covers(takes, path);
}

/** Two services that would have one place: `web 1100 (api)`, of which the second keeps it. */
export function contested(
  passages: readonly Passage[],
): { service: string; priority: number; holder: string } | undefined {
  for (const { service, to, from } of passages) {
    if (to.priority === from.priority) continue;
    const holder = passages.find((other) => other.service !== service && other.to.priority === to.priority);
    if (holder) return { service, priority: to.priority, holder: holder.service };
  }
  return undefined;
}
