import { type Command, type CommandContext, splitPair, stackConfig, stackName } from "./commandContext.ts";
import { EngineError } from "./errors.ts";
import type { ConfigValue, StackConfig } from "./project.ts";

export const configCommands: readonly Command[] = [
  { words: ["config", "get"], run: getValue },
  { words: ["config", "set"], run: setValue },
  { words: ["config", "set-all"], run: setAll },
  { words: ["config", "rm"], run: removeAll },
  { words: ["config", "rm-all"], run: removeAll },
  { words: ["config", "refresh"], run: refreshConfig },
  { words: ["config"], run: printAll },
];

function settingsOf(context: CommandContext): StackConfig {
  return stackConfig(context, stackName(context));
}

function operand({ operands }: CommandContext, index: number, what: string): string {
  const value = operands[index];
  if (value !== undefined) return value;
  throw new EngineError("invalid-argument", { where: "config", what: `${what} is missing`, fix: "Give it" });
}

function getValue(context: CommandContext): void {
  const { args, print } = context;
  const value = settingsOf(context).get(operand(context, 0, "the key"), args.has("path"));
  print(args.has("json") ? JSON.stringify(shown(value, true), undefined, 2) : value.string);
}

function setValue(context: CommandContext): void {
  const { args } = context;
  const [key, value] = [operand(context, 0, "the key"), operand(context, 1, "the value")];
  settingsOf(context).set(key, value, { secret: args.has("secret"), path: args.has("path") });
}

function setAll(context: CommandContext): void {
  const { args, operands } = context;
  const settings = settingsOf(context);
  if (args.has("json")) {
    const values = JSON.parse(operand(context, 0, "the JSON")) as Record<
      string,
      { value?: string; objectValue?: unknown; secret?: boolean }
    >;
    for (const [key, { value, objectValue, secret = false }] of Object.entries(values)) {
      const string = objectValue === undefined ? (value ?? "") : JSON.stringify(objectValue);
      settings.setValue(key, { string, secret, object: objectValue !== undefined });
    }
    return;
  }
  const path = args.has("path");
  for (const pair of [...args.values("plaintext"), ...operands])
    settings.set(...splitPair(pair), { secret: false, path });
  for (const pair of args.values("secret")) settings.set(...splitPair(pair), { secret: true, path });
}

function removeAll(context: CommandContext): void {
  const settings = settingsOf(context);
  operand(context, 0, "the key");
  for (const key of context.operands) settings.remove(key, context.args.has("path"));
}

/** Sets the stack's configuration file to what the last operation used. */
function refreshConfig(context: CommandContext): void {
  const { backend, project } = context;
  const stack = stackName(context);
  const [last] = backend.history(project.name, stack, { size: 1, number: 1 });
  if (!last) {
    const what = "the stack has no operation to take it from";
    throw new EngineError("invalid-argument", { where: "config refresh", what, fix: "Run an update first" });
  }
  const settings = settingsOf(context);
  const crypter = backend.crypterFor(backend.read(project.name, stack).secrets_providers);
  for (const key of Object.keys(settings.values())) if (!(key in last.config)) settings.remove(key, false);
  for (const [key, value] of Object.entries(last.config)) {
    const string = value.secret ? crypter.decrypt(value.string, `history: ${key}`) : value.string;
    settings.setValue(key, { ...value, string });
  }
}

function printAll(context: CommandContext): void {
  const { args, print, operands } = context;
  if (operands.length > 0) {
    const what = "is not supported by the sandbox's embedded engine";
    throw new EngineError("unsupported", {
      where: `config ${operands[0]}`,
      what,
      fix: "Use the official Pulumi CLI for it",
    });
  }
  const values = Object.entries(settingsOf(context).values());
  const showSecrets = args.has("show-secrets");
  const all = values.map(([key, value]) => [key, shown(value, showSecrets)]);
  const lines = values.map(([key, { secret, string }]) => `${key}\t${secret && !showSecrets ? "[secret]" : string}`);
  print(args.has("json") ? JSON.stringify(Object.fromEntries(all), undefined, 2) : lines.join("\n"));
}

function shown({ string, secret, object }: ConfigValue, showSecrets: boolean) {
  if (secret && !showSecrets) return { secret };
  return { value: string, ...(object && { objectValue: JSON.parse(string) as unknown }), secret };
}
