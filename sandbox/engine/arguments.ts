import { EngineError, unsupported } from "./errors.ts";

/** A command line taken apart. A flag given several times has several values. */
export interface Arguments {
  readonly words: readonly string[];
  has(flag: string): boolean;
  value(flag: string): string | undefined;
  values(flag: string): readonly string[];
}

/** Flags without a value; they may be written `--flag=false`. */
const switches = new Set(
  `yes skip-preview non-interactive refresh diff json show-secrets expect-no-changes target-dependents exclude-dependents
   exclude-protected preview-only force preserve-config secret plaintext path suppress-outputs suppress-progress debug
   logtostderr logflow all no-select clear-pending-creates run-program disable-integrity-checking
   verbose-output full-dates`.split(/\s+/),
);

const valued = new Set(
  `stack message target parallel policy-pack policy-pack-config event-log client exec-kind exec-agent color config
   config-file file page-size page secrets-provider cwd verbose`.split(/\s+/),
);

const shortNames: Record<string, string> = {
  s: "stack",
  y: "yes",
  m: "message",
  f: "force",
  c: "config",
  t: "target",
  p: "parallel",
  j: "json",
  C: "cwd",
};

/** Known to the official CLI, lacking here: refused by name rather than ignored. */
const lacking: Record<string, string> = {
  plan: "update plans (--plan)",
  "save-plan": "update plans (--save-plan)",
  "import-file": "import files (--import-file)",
  replace: "forced replacement (--replace)",
  exclude: "--exclude",
  "attach-debugger": "attaching a debugger",
  "continue-on-error": "--continue-on-error",
  remote: "Pulumi Deployments (--remote)",
  tracing: "tracing",
};

export function parseArguments(args: readonly string[]): Arguments {
  const words: string[] = [];
  const flags = new Map<string, string[]>();
  for (let i = 0; i < args.length; i += 1) {
    const arg = args[i] as string;
    if (arg === "--") {
      words.push(...args.slice(i + 1));
      break;
    }
    if (!arg.startsWith("-") || arg === "-") {
      words.push(arg);
      continue;
    }
    const [name, attached] = splitFlag(arg);
    // `config set-all` gives --secret and --plaintext a key=value each.
    const isPair = words[1] === "set-all" && (name === "secret" || name === "plaintext");
    if (switches.has(name) && !isPair) add(flags, name, attached ?? "true");
    else if (valued.has(name) || isPair) {
      if (attached === undefined) i += 1;
      const value = attached ?? args[i];
      if (value === undefined) throw flagError(arg, "needs a value", "Give it one");
      add(flags, name, value);
    } else {
      const known = lacking[name];
      throw known === undefined ? flagError(arg, "is unknown", "Leave it out") : unsupported(`flag ${arg}`, known);
    }
  }
  return {
    words,
    has: (flag) => flags.has(flag) && flags.get(flag)?.at(-1) !== "false",
    value: (flag) => flags.get(flag)?.at(-1),
    values: (flag) => flags.get(flag) ?? [],
  };
}

function splitFlag(arg: string): [string, string | undefined] {
  const cut = arg.indexOf("=");
  const name = (cut < 0 ? arg : arg.slice(0, cut)).replace(/^--?/, "");
  return [arg.startsWith("--") ? name : (shortNames[name] ?? name), cut < 0 ? undefined : arg.slice(cut + 1)];
}

function add(flags: Map<string, string[]>, name: string, value: string): void {
  flags.set(name, [...(flags.get(name) ?? []), value]);
}

function flagError(flag: string, what: string, fix: string): EngineError {
  return new EngineError("invalid-argument", { where: `flag ${flag}`, what, fix });
}

/** A whole number from a flag. */
export function numberFlag(args: Arguments, flag: string): number | undefined {
  const text = args.value(flag);
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw flagError(`--${flag}`, `"${text}" is not a positive whole number`, "Correct it");
}
