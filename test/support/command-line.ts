import { parser } from "../../automation/parser.ts";

export interface KnownFlag {
  readonly name: string;
  /** What it takes, as the help says it: `boolean`, `number`, `string`, `array`, or `choices`. */
  readonly takes: string;
}

export interface KnownCommand {
  /** As it is written, such as `images push`. */
  readonly words: string;
  readonly positionals: readonly string[];
  readonly flags: readonly KnownFlag[];
  /** Flags it does not do without. */
  readonly required: readonly string[];
}

/** Every command the parser has, and every flag it takes, from its own help. */
export async function knownCommands(parent = ""): Promise<readonly KnownCommand[]> {
  const help = await parser(parent.split(" ").filter(Boolean)).getHelp();
  const names = [...help.matchAll(/^ {2}switchyard ((?:[a-z]+(?:-[a-z]+)* ?)+)/gm)].map(([, words]) =>
    (words as string).trim(),
  );
  const below = names.filter((words) => words !== parent);
  if (below.length > 0) return (await Promise.all(below.map(knownCommands))).flat();
  const options = help
    .split(/^ {2,6}--/m)
    .slice(1)
    .map((text) => ({
      name: /^[a-z-]+/.exec(text)?.[0] ?? "",
      takes: /\[(boolean|number|string|array|choices)/.exec(text)?.[1] ?? "",
      required: text.includes("[required]"),
    }));
  return [
    {
      words: parent,
      positionals: [...(/^switchyard .*$/m.exec(help)?.[0] ?? "").matchAll(/[<[](\w+)[>\]]/g)].map(
        ([, p]) => p as string,
      ),
      flags: options,
      required: options.filter(({ required }) => required).map(({ name }) => name),
    },
  ];
}

/** A value each flag takes, by its name; of what a command takes its place from as well. */
export const usable: Readonly<Record<string, string>> = {
  stack: "production",
  release: "v7",
  since: "7d",
  until: "2026-11-03",
  due: "2026-11-03T14:00:00Z",
  actor: "ann",
  commit: "1a2b3c4d",
  kind: "apply",
  outcome: "failed",
  why: "an incident",
  base: "origin/main",
  ref: "main",
  schedule: "drift-production",
  expression: "rate(1 day)",
  head: "HEAD",
  engine: "embedded",
  tag: "v1",
  report: "r.json",
  strategy: "canary",
  canary: "10%",
  bake: "5m",
  step: "20%",
  every: "2m",
  "keep-warm": "1h",
  to: "v7",
  limit: "5",
  beside: "production-2",
  wait: "30m",
  approver: "ann",
  reviewed: "approval",
  from: "report",
  name: "staging",
  person: "ann",
  number: "12",
  execution: "production-0123456789-1",
  attempt: "2",
  role: "plan",
  only: "production",
  input: "command=plan",
  days: "365",
  "keep-for": "14d",
  for: "24h",
  service: "api",
  repository: "acme/switchyard",
  "state-bucket": "acme-state",
  without: "images",
  format: "sarif",
  out: "x.sarif",
  config: "a.b=1",
  set: "a.b=1",
  disrupt: "web",
  source: "../other",
  layouts: "built",
  "pull-request": "7",
  parallel: "2",
  sarif: "x.sarif",
  repair: "apply",
  port: "0",
  owner: "12",
};
