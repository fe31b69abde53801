import { patience } from "./patience.ts";

const hooked = new Set<string>();

/** Call in a hook: stops what suites of one process share once the last of them is over, whichever files were asked for. */
export function afterAllSuites(context: Mocha.Context, title: string, stop: () => Promise<void>): void {
  if (hooked.has(title)) return;
  hooked.add(title);
  let root = context.test?.parent;
  while (root?.parent) root = root.parent;
  root?.afterAll(title, function () {
    this.timeout(30_000 * patience);
    return stop();
  });
}
